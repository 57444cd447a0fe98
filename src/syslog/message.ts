import { stripVTControlCharacters } from "node:util";
import { DecodeError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";

/** One log line, in the words of RFC 5424. All text is safe to print: one line, no control characters. */
export type SyslogMessage = Readonly<{
  /** `kern`, `daemon`, `local0`: syslog.conf's words. */
  facility: string;
  /** `emerg` to `debug`. */
  severity: string;
  hostName?: string;
  appName?: string;
  procId?: string;
  text: string;
}>;

/** RFC 5424 §6.2.1, table 1, in the words of syslog.conf(5). */
const facilities = (
  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron " +
  "local0 local1 local2 local3 local4 local5 local6 local7"
).split(" ");
/** RFC 5424 §6.2.1, table 2. */
const severities = "emerg alert crit err warning notice info debug".split(" ");
/** For who says neither (RFC 3164 §4.3.3): user, notice. */
const unsaid = 13;
/** What every receiver should take (RFC 5424 §6.1); of longer ones the end is cut off. */
const mostBytes = 2048;
const longestText = 1024;

/**
 * A datagram from whatever logs: iPXE (no time at all), busybox (no host name), the kernel, rsyslog, systemd. What
 * fits neither RFC is text as a whole: a log line is worth more unread than lost.
 */
export function decodeSyslog(bytes: Uint8Array): SyslogMessage {
  const sent = new TextDecoder().decode(bytes.subarray(0, mostBytes));
  const [pri = "", number = unsaid] = /^<(\d{1,3})>/.exec(sent) ?? [];
  const priority = Number(number);
  // More than 191 is no priority (RFC 3164 §4.1.1), and so the line begins without one.
  const known = priority < facilities.length * 8;
  const content = known ? sent.slice(pri.length) : sent;
  const { hostName, appName, procId, text } = parseRfc5424(content) ?? parseRfc3164(content);
  const said = { hostName, appName, procId };
  const shown = printable(
    stripVTControlCharacters(text)
      .replaceAll(/\p{Cc}/gu, " ")
      .trim(),
    longestText,
  );
  if (shown === "" && !appName) throw new DecodeError("message", pri.length, "says nothing");
  const code = known ? priority : unsaid;
  return {
    facility: facilities[code >> 3] ?? "user",
    severity: severities[code & 7] ?? "notice",
    ...Object.fromEntries(
      Object.entries(said).flatMap(([name, value]) => (value ? [[name, field(value)]] : [])),
    ),
    text: shown,
  };
}

type Parts = Readonly<{
  hostName?: string | undefined;
  appName?: string | undefined;
  procId?: string | undefined;
  text: string;
}>;

const field = (text: string) => printable(text, 64);

/** `1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG` (RFC 5424 §6), `-` for what is not said. */
function parseRfc5424(content: string): Parts | undefined {
  const header = /^1 (?:-|\d{4}-\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) \S{1,32} /.exec(content);
  if (!header) return undefined;
  const [whole, hostName, appName, procId] = header;
  const rest = content.slice(whole.length);
  const text = rest.slice(structuredDataLength(rest)).replace(/^ ?\ufeff?/, "");
  return { hostName: said(hostName), appName: said(appName), procId: said(procId), text };
}

const said = (text: string | undefined) => (text === "-" ? undefined : text);

/** RFC 5424 §6.3: `-`, or elements in brackets, in whose quotes a bracket counts for nothing. */
function structuredDataLength(text: string): number {
  if (text.startsWith("-")) return 1;
  return /^(?:\[(?:[^"\]\\]|"(?:[^"\\]|\\.)*")*\])*/s.exec(text)?.[0].length ?? 0;
}

const timestamp =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)) /;
const tag = String.raw`([\w./()-]{1,48})(?:\[([^\]\s]{1,32})\])?: ?`;
const tagged = new RegExp(`^${tag}`);
const hostAndTagged = new RegExp(`^(\\S{1,255}) ${tag}`);
const ipxe = /^(?:(\S{1,255}) )?(ipxe): /;

/** `TIMESTAMP HOSTNAME TAG[PID]: text` (RFC 3164 §4.1), of which senders leave out what they like. */
function parseRfc3164(content: string): Parts {
  const time = timestamp.exec(content)?.[0];
  if (time === undefined) {
    // Without a time, only iPXE is known to name its host; in other lines two words and a colon are just text.
    const [whole = "", hostName, appName] = ipxe.exec(content) ?? [];
    return whole === "" ? parseTagged(content) : { hostName, appName, text: content.slice(whole.length) };
  }
  const line = content.slice(time.length);
  if (tagged.test(line)) return parseTagged(line);
  const [whole = "", hostName, appName, procId] = hostAndTagged.exec(line) ?? [];
  return { hostName, appName, procId, text: line.slice(whole.length) };
}

function parseTagged(line: string): Parts {
  const [whole = "", appName, procId] = tagged.exec(line) ?? [];
  return { appName, procId, text: line.slice(whole.length) };
}
