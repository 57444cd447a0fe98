import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { udpFrame } from "../../wire/capture.fixture.ts";
import { readCapture } from "../../wire/capture.ts";
import { concat } from "../../wire/codec.ts";
import { pcapFrame, pcapHeader } from "../../wire/pcap.ts";
import { Packets } from "./packets.ts";

const dhcp = udpFrame(["0.0.0.0", 68], ["255.255.255.255", 67], new Uint8Array(300).fill(1));
const tftpData = udpFrame(
  ["10.69.0.1", 40_000],
  ["10.69.0.10", 2070],
  Uint8Array.of(0, 3, ...new Uint8Array(1400)),
);

/** QEMU's clock began at this whole second, and stood there until the machine was switched on. */
const qemuZeroMs = 1_800_000_000_000;
const zeroMs = 1_800_000_000_417;

test("packets are taken as they come, cut where they carry files, with the time of our clock", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-packets-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "node1.pcap");
  using packets = new Packets("node1", path);
  expect(packets.take(zeroMs, zeroMs)).toHaveLength(0); // QEMU has not made it yet

  const second = pcapFrame(qemuZeroMs + 2600, tftpData);
  await writeFile(path, concat([pcapHeader(), pcapFrame(qemuZeroMs + 2300, dhcp), second.subarray(0, 30)]));
  const first = packets.take(zeroMs, zeroMs + 2450);
  await appendFile(path, second.subarray(30));
  const rest = packets.take(zeroMs, zeroMs + 2900);
  const frames = [...readCapture(concat([first, rest]))];
  expect(frames.map(({ timeMs }) => Math.round(timeMs - zeroMs))).toEqual([2300, 2600]);
  expect(frames.map(({ bytes, originalLength }) => [bytes.length, originalLength])).toEqual([
    [dhcp.length, dhcp.length],
    [160, tftpData.length],
  ]);
  expect(packets.take(zeroMs, zeroMs + 3000)).toHaveLength(0);
});
