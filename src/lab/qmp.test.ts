import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import type { QmpEvent } from "./qmp.ts";
import { Qmp } from "./qmp.ts";

/** A peer that speaks QEMU's side: `answer` gets each command and writes what it likes. */
async function setUp(answer: (command: { execute: string; id: number }, socket: Socket) => void) {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = connect(port, "127.0.0.1");
  const [qemu] = (await once(server, "connection")) as [Socket];
  server.close();
  qemu.on("error", () => {});
  qemu.write('{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": []}}\r\n');
  createInterface({ input: qemu })
    .on("error", () => {})
    .on("line", (line) => answer(JSON.parse(line) as { execute: string; id: number }, qemu));
  const events: QmpEvent[] = [];
  const qmp = await Qmp.negotiate(client, (event) => events.push(event));
  return { qmp, qemu, events };
}

const ok = ({ id }: { id: number }, socket: Socket, value: unknown = {}) =>
  socket.write(`${JSON.stringify({ return: value, id })}\r\n`);

describe("QMP", () => {
  test("replies find their commands in whatever order they come", async () => {
    const late: (() => void)[] = [];
    const { qmp } = await setUp((command, socket) => {
      if (command.execute === "qmp_capabilities") ok(command, socket);
      else if (command.execute === "slow") late.push(() => ok(command, socket, "slow"));
      else {
        ok(command, socket, "quick");
        for (const reply of late) reply();
      }
    });
    using _ = qmp;
    await expect(Promise.all([qmp.execute("slow"), qmp.execute("quick")])).resolves.toEqual([
      "slow",
      "quick",
    ]);
  });

  test("QEMU's error is told in its own words", async () => {
    const { qmp } = await setUp((command, socket) => {
      if (command.execute === "qmp_capabilities") ok(command, socket);
      else
        socket.write(
          `${JSON.stringify({ id: command.id, error: { class: "GenericError", desc: "no such device" } })}\n`,
        );
    });
    using _ = qmp;
    await expect(qmp.execute("set_link")).rejects.toMatchObject({
      code: "QMP_FAILED",
      message: "QMP `set_link` failed: GenericError: no such device",
    });
  });

  test("events reach the listener, also one that comes with a reply in one packet", async () => {
    const { qmp, events } = await setUp((command, socket) => {
      socket.write(
        `{"event": "RESUME", "timestamp": {"seconds": 1}}\r\n${JSON.stringify({ return: {}, id: command.id })}\r\n`,
      );
    });
    using _ = qmp;
    await qmp.execute("cont");
    expect(events).toContainEqual({ event: "RESUME", data: {} });
  });

  test("a command to a QEMU that goes away or keeps silent does not hang", async () => {
    const { qmp, qemu } = await setUp((command, socket) => {
      if (command.execute === "qmp_capabilities") ok(command, socket);
      if (command.execute === "quit") qemu.destroy();
    });
    await expect(qmp.execute("query-status", {}, 30)).rejects.toThrow(/no reply within 30 ms/);
    await expect(qmp.execute("quit")).rejects.toThrow(/QEMU hung up|QEMU is gone/);
    await expect(qmp.execute("cont")).rejects.toThrow(/QEMU is gone|hung up/);
  });
});
