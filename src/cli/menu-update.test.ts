import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { controlSocketName, startControl } from "../serve/control.ts";
import type { LogEntry } from "../serve/log-entry.ts";
import { updateServer } from "./menu-update.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const { signal } = new AbortController();

/** A server as its control socket shows it: it serves `/srv/site.ts`, and a reload ends as told. */
async function server(outcome: Pick<LogEntry, "type"> & object) {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "dryboot-menu-"));
  cleanup.defer(() => rm(folder, { recursive: true }));
  const followers = new Set<(entry: LogEntry) => void>();
  const entry = { time: "2026-11-21T12:00:00.000Z", seq: 1, at: 0, ...outcome } as LogEntry;
  cleanup.use(
    await startControl(join(folder, controlSocketName), {
      status: () => ({ pid: 4711, file: "/srv/site.ts" }),
      assign: () => Promise.reject(new Error("not asked")),
      reload: async () => followers.forEach((tell) => void tell(entry)),
      flushLog: async () => {},
      subscribe(follower) {
        followers.add(follower);
        return { [Symbol.dispose]: () => void followers.delete(follower) };
      },
    }),
  );
  const owned = cleanup.move();
  return { folder, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("a running server reads its site again, and what came of it is said", async () => {
  await using running = await server({ type: "serve.reloaded", changes: [] } as never);
  const terminal = recordingTerminal();
  expect(await updateServer("/srv/site.ts", running.folder, terminal, signal)).toBe(0);
  expect(terminal.stderr.join("\n")).toContain("site reloaded: nothing changed");
});

test("a server that keeps its old site is a failure", async () => {
  const failed = { type: "serve.reload-failed", problem: "no image", where: "here", next: "build it" };
  await using running = await server(failed as never);
  const terminal = recordingTerminal();
  expect(await updateServer("/srv/site.ts", running.folder, terminal, signal)).toBe(1);
  expect(terminal.stderr.join("\n")).toContain("the old one stays: no image (here); build it");
});

test("the server of another site is left alone, and where none runs nothing is to be done", async () => {
  await using running = await server({ type: "serve.reloaded", changes: [] } as never);
  const terminal = recordingTerminal();
  await expect(updateServer("/srv/other.ts", running.folder, terminal, signal)).rejects.toMatchObject({
    code: "OTHER_SITE",
  });
  expect(await updateServer("/srv/site.ts", join(running.folder, "no"), terminal, signal)).toBe(0);
  expect(terminal.stderr.join("\n")).toContain("the next one shows this menu");
});
