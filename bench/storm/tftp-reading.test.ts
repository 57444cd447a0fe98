import { describe, expect, test } from "vitest";
import { decodeMessage, encodeMessage } from "../../src/tftp/message.ts";
import type { Next } from "./tftp-reading.ts";
import { TftpReading } from "./tftp-reading.ts";

const oack = (options: Record<string, string>) =>
  encodeMessage({ type: "OACK", options: new Map(Object.entries(options)) });
const data = (block: number, length: number) =>
  encodeMessage({ type: "DATA", block: block & 0xffff, data: new Uint8Array(length) });
const said = ({ send, done }: Next) => [...(send ? [decodeMessage(send)] : []), ...(done ? ["done"] : [])];
const ack = (block: number) => ({ type: "ACK", block });

describe("how the storm's clients read over TFTP", () => {
  test("EDK2 asks for the size first, and says with ERROR 8 that it needs no more", () => {
    const probe = new TftpReading("snponly.efi", "probe");
    expect(decodeMessage(probe.request)).toMatchObject({
      type: "RRQ",
      filename: "snponly.efi",
      mode: "octet",
    });
    expect(said(probe.take(oack({ tsize: "100" })))).toMatchObject([{ type: "ERROR", errorCode: 8 }, "done"]);
  });

  test("acknowledges every window, and the last block", () => {
    const reading = new TftpReading("file", "read");
    expect(said(reading.take(oack({ blksize: "1468", windowsize: "2" })))).toEqual([ack(0)]);
    expect(said(reading.take(data(1, 1468)))).toEqual([]);
    expect(said(reading.take(data(2, 1468)))).toEqual([ack(2)]);
    expect(said(reading.take(data(3, 10)))).toEqual([ack(3), "done"]);
    expect(reading.receivedBytes).toBe(2 * 1468 + 10);
  });

  test("acknowledges what arrived in order when a block is missing, once", () => {
    const reading = new TftpReading("file", "read");
    reading.take(oack({ blksize: "1468", windowsize: "4" }));
    reading.take(data(1, 1468));
    expect(said(reading.take(data(3, 1468)))).toEqual([ack(1)]);
    expect(said(reading.take(data(4, 1468)))).toEqual([]);
    expect(decodeMessage(reading.repeated)).toEqual(ack(1));
    reading.take(data(2, 1468));
    reading.take(data(3, 1468));
    reading.take(data(4, 1468));
    expect(said(reading.take(data(5, 1468)))).toEqual([ack(5)]);
  });

  test("goes in lock step, from the request on, with a server that knows no options", () => {
    const reading = new TftpReading("file", "read");
    expect(reading.repeated).toBe(reading.request);
    expect(said(reading.take(data(1, 512)))).toEqual([ack(1)]);
    expect(said(reading.take(data(2, 0)))).toEqual([ack(2), "done"]);
  });

  test("counts past 65,535 blocks", () => {
    const reading = new TftpReading("file", "read");
    for (let block = 1; block <= 70_000; block += 1) reading.take(data(block, 512));
    expect(said(reading.take(data(70_001, 1)))).toEqual([ack(70_001 & 0xffff), "done"]);
  });

  test("an error of the server's is the end", () => {
    const refused = encodeMessage({ type: "ERROR", errorCode: 1, errMsg: "no such file" });
    expect(() => new TftpReading("file", "read").take(refused)).toThrow("ERROR 1: no such file");
  });
});
