import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import { decodeSyslog } from "./message.ts";

const decoded = (line: string) => decodeSyslog(Buffer.from(line));

describe("a log line", () => {
  test.each([
    [
      "of iPXE, with a host name by DHCP",
      "<14>left.lab.internal ipxe: net0: 52:54:00:69:02:0a using virtio-net",
      {
        facility: "user",
        severity: "info",
        hostName: "left.lab.internal",
        appName: "ipxe",
        text: "net0: 52:54:00:69:02:0a using virtio-net",
      },
    ],
    [
      "of iPXE, without one",
      "<14>ipxe: Configuring (net0)... ok",
      { facility: "user", severity: "info", appName: "ipxe", text: "Configuring (net0)... ok" },
    ],
    [
      "of busybox syslogd -R",
      "<29>Nov 20 17:01:02 crond[312]: crond (busybox 1.35.0) started\n",
      {
        facility: "daemon",
        severity: "notice",
        appName: "crond",
        procId: "312",
        text: "crond (busybox 1.35.0) started",
      },
    ],
    [
      "of the kernel, by rsyslog",
      "<4>Nov  1 07:01:02 node1 kernel: [    1.234567] e1000: link is up",
      {
        facility: "kern",
        severity: "warning",
        hostName: "node1",
        appName: "kernel",
        text: "[    1.234567] e1000: link is up",
      },
    ],
    [
      "with an ISO time",
      "<30>2026-11-20T17:01:02.123456+01:00 node1 systemd[1]: Started cron.service.",
      {
        facility: "daemon",
        severity: "info",
        hostName: "node1",
        appName: "systemd",
        procId: "1",
        text: "Started cron.service.",
      },
    ],
    [
      "of RFC 5424 §6.5, example 1",
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed on /dev/pts/8",
      {
        facility: "auth",
        severity: "crit",
        hostName: "mymachine.example.com",
        appName: "su",
        text: "'su root' failed on /dev/pts/8",
      },
    ],
    [
      "of RFC 5424 with structured data that holds brackets",
      '<165>1 - - evntslog 7 - [a@1 x="3]" y="\\"]"][b@1] An application event',
      {
        facility: "local4",
        severity: "notice",
        appName: "evntslog",
        procId: "7",
        text: "An application event",
      },
    ],
    [
      "of RFC 5424 whose structured data never ends",
      '<165>1 - host app - - [a@1 x="3',
      { facility: "local4", severity: "notice", hostName: "host", appName: "app", text: '[a@1 x="3' },
    ],
    [
      "without a priority",
      "something happened",
      { facility: "user", severity: "notice", text: "something happened" },
    ],
    [
      "with a priority there is none of",
      "<192>something",
      { facility: "user", severity: "notice", text: "<192>something" },
    ],
    [
      "of netconsole",
      "<6>[   12.345] eth0: link up",
      { facility: "kern", severity: "info", text: "[   12.345] eth0: link up" },
    ],
    [
      "whose first words only look like a sender",
      "<13>connection refused: try again",
      { facility: "user", severity: "notice", text: "connection refused: try again" },
    ],
  ])("%s is read", (_, line, message) => {
    expect(decoded(line)).toEqual(message);
  });

  test("cannot move the cursor, break the line or colour the terminal", () => {
    const { text, appName } = decoded("<14>ipxe: \u001b[2J\u001b[31mred\u001b[0m\nfake line\r\u0000\u0007");
    expect(appName).toBe("ipxe");
    expect(text).toBe("red fake line");
    expect(decoded("<13>Nov 20 17:01:02 ho\u001bst x: y").hostName).toBe("ho?st");
  });

  test("is bounded, and so are its parts", () => {
    const { text, hostName } = decoded(`<13>Nov 20 17:01:02 ${"h".repeat(255)} app: ${"x".repeat(60_000)}`);
    expect(hostName).toHaveLength(64);
    expect(text).toHaveLength(1024);
  });

  test.each([[""], ["<13>"], ["<13> \n"], ["\u0000\u0000"]])("%j says nothing: a DecodeError", (line) => {
    expect(() => decoded(line)).toThrow(DecodeError);
  });

  test("is read in time, however it is made", () => {
    const lines = [
      "\u001b[".repeat(1000),
      `<1>1 - a b c d ${"[".repeat(2000)}`,
      `<1>1 - a b c d ${'[x="\\'.repeat(400)}`,
      `<1>1 - a b c d ${'[a="b"]'.repeat(300)}x`,
      `<1>Nov 20 17:01:02 ${"a ".repeat(1000)}`,
      "a".repeat(2048),
    ];
    const begun = performance.now();
    for (const line of lines) decoded(line);
    expect(performance.now() - begun).toBeLessThan(100);
  });

  test("100,000 mutated ones are text without control characters, or a DecodeError", () => {
    const originals = [
      "<14>left.lab.internal ipxe: net0: using virtio-net",
      "<29>Nov 20 17:01:02 crond[312]: crond started",
      '<165>1 2003-10-11T22:14:15.003Z host app 7 ID47 [a@1 x="3"] An application event',
      "<4>Nov  1 07:01:02 node1 kernel: [    1.234567] e1000: link is up",
    ].map((line) => Buffer.from(line));
    let read = 0;
    for (const bytes of mutants(originals, 100_000)) {
      try {
        const message = decodeSyslog(bytes);
        read += 1;
        if (/\p{Cc}/u.test(Object.values(message).join(" "))) {
          expect.fail(`control characters from ${bytes.toString()}`);
        }
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
    expect(read).toBeGreaterThan(90_000);
  });
});
