/** A machine that means harm by every word: `node hostile-machine.ts SERVER OWN-ADDRESS`. What it is answered over HTTP it prints as JSON. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { clientPresets, discoverOf, requestAfter } from "../../src/boot/explain-clients.ts";
import type { DhcpMessage } from "../../src/dhcp/message.ts";
import { decodeMessage, encodeMessage } from "../../src/dhcp/message.ts";
import { encodeMessage as encodeTftp } from "../../src/tftp/message.ts";

/** Ends a line, colours a terminal, moves its cursor, turns text around, hides in it; and says who it was. */
const evil = "evil\r\n\u001b[31mFAKE\u007f\u0085\u009b2J\u00ad\u061c\u200b\u202e\u2028\u2066\u{e0041}end";
/** Without what decoders refuse at once: this is what gets further. */
const sly = evil.replaceAll(/\p{Cc}/gu, "");
const label = Buffer.from(evil).subarray(0, 60);
const inUrl = encodeURIComponent(sly);

const [server = "", own = ""] = process.argv.slice(2);

async function lease(mac: string): Promise<void> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(68);
  await once(socket, "listening");
  socket.setBroadcast(true);
  const ask = async (message: DhcpMessage) => {
    const bytes = encodeMessage(message);
    for (;;) {
      socket.send(bytes, 67, "255.255.255.255");
      const [answer] = (await once(socket, "message", { signal: AbortSignal.timeout(10_000) })) as [Buffer];
      const reply = decodeMessage(answer);
      if (reply.xid === message.xid && reply.op === "BOOTREPLY") return reply;
    }
  };
  const preset = { ...clientPresets["ipxe-efi"], broadcast: true };
  const saying = (words: string, xid: number): DhcpMessage => {
    const client = { preset, mac, vendorClass: `PXEClient${words}`, userClasses: [words, "iPXE"] };
    const plain = discoverOf(client);
    return { ...plain, xid, options: { ...plain.options, hostName: words, message: words } };
  };
  await ask(saying(evil, 1));
  const discover = saying(sly, 2);
  await ask(requestAfter(discover, await ask(discover)));
  socket.send(Buffer.from(evil), 67, server); // no DHCP at all
  await new Promise<void>((done) => socket.close(() => done()));
}

async function tell(port: number, packets: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, own);
  await once(socket, "listening");
  for (const packet of packets) {
    await new Promise((sent) => socket.send(packet, port, server, sent));
  }
  await new Promise<void>((done) => socket.close(() => done()));
}

/** What comes back on one connection. */
async function exchange(request: string): Promise<string> {
  const socket = connect({ host: server, port: 80, localAddress: own });
  socket.write(request, "latin1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  await once(socket, "close", { signal: AbortSignal.timeout(10_000) });
  return answer;
}

const get = (target: string, agent = "curl") =>
  exchange(`GET ${target} HTTP/1.1\r\nHost: x\r\nUser-Agent: ${agent}\r\nConnection: close\r\n\r\n`);
const rrq = (filename: string, options: readonly (readonly [string, string])[] = []) =>
  encodeTftp({ type: "RRQ", filename, mode: "octet", options: new Map(options) });
const utf8 = (words: string) => Buffer.from(words).toString("latin1"); // as `exchange` sends it

await lease("52:54:00:69:00:0a");
await tell(69, [
  ...[rrq(evil), rrq(`../${evil}`), rrq("snponly.efi", [[evil, evil]])],
  encodeTftp({ type: "WRQ", filename: evil, mode: evil, options: new Map() }),
  encodeTftp({ type: "RRQ", filename: evil, mode: evil, options: new Map() }),
  ...[encodeTftp({ type: "ERROR", errorCode: 0, errMsg: evil }), Buffer.from(evil)],
]);
await tell(514, [
  Buffer.from(`<30>Nov 20 10:00:00 ${evil} ${evil}[${evil}]: ${evil}`),
  Buffer.from(`<30>1 - ${evil} ${evil} ${evil} - [${evil}] ${evil}`),
  Buffer.from(evil),
]);
const question = (type: number) =>
  Buffer.concat([
    Buffer.from("0001010000010000000000000", "hex"),
    Buffer.from([0, label.length]).subarray(1),
    label,
    Buffer.from([4, ...Buffer.from("here"), 4, ...Buffer.from("test"), 0, 0, type, 0, 1]),
  ]);
await tell(53, [question(1), question(255), Buffer.from(evil)]);
const answers: string[] = [];
for (const target of [
  `/${inUrl}`,
  `/images/${inUrl}/${inUrl}?${inUrl}`,
  `/boot.ipxe?mac=${inUrl}&uuid=${inUrl}&arch=${inUrl}`,
  `/boot.ipxe?mac=52-54-00-69-00-0a&by=${encodeURIComponent(evil)}&uuid=${inUrl}`,
  `/v1/boot/${inUrl}`,
  `/${encodeURIComponent(evil)}`,
  "/ready",
]) {
  answers.push(await get(target, utf8(sly)));
}
await exchange(`${utf8(evil)}\r\n\r\n`);
for (const path of ["status", "leases", "machines"]) answers.push(await get(`/v1/${path}`));
process.stdout.write(JSON.stringify(answers));
