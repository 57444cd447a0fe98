import { styleText } from "node:util";
import type { DhcpStep, Explanation, Step } from "../boot/explain.ts";
import type { ExplainedPacket } from "../boot/explain-capture.ts";
import type { FetchStep } from "../boot/explain-fetch.ts";
import type { ShownMessage } from "../boot/explain-message.ts";
import type { ShownSetting } from "../boot/explain-settings.ts";
import { formatSize } from "../core/units.ts";
import { flow, table } from "./table.ts";

/** What a person reads, step by step. */
export function explanationText({ steps, warnings }: Explanation, width: number): string[] {
  const short = flow(`in short: ${steps.map(inShort).join(" -> ")}`, width);
  return [...short, ...stepsText(steps, width), ...warningsText(warnings, width)];
}

/** A step in as few words as say where the boot went. */
function inShort(step: Step): string {
  switch (step.step) {
    case "dhcp":
      return "silent" in step.answer
        ? "no DHCP answer"
        : (step.answer.reply.header["yiaddr"] ?? (isOffer(step.answer.reply) ? "proxy offer" : "port 4011"));
    case "loader":
      return step.sizeBytes === undefined ? `${step.file} (absent)` : step.file;
    case "script":
      return "script";
    case "menu":
      return "menu";
    case "kernel":
      return `image ${step.image}`;
    case "end":
      return "ends there";
  }
}

const isOffer = ({ messageType }: ShownMessage): boolean => messageType === "DHCPOFFER";

/** One request of a capture, with what really answered it beside what this site would. */
export function packetText(packet: ExplainedPacket, width: number): string[] {
  const { timeMs, from, mac, answered, steps } = packet;
  const when = timeMs === 0 ? "" : `${new Date(timeMs).toISOString()} `;
  const really =
    answered.length === 0
      ? ["the capture holds no answer to it"]
      : answered.map(({ from: server, reply }) => {
          const { yiaddr = "no address", file = "" } = reply.header;
          const named = reply.options.find(({ name }) => name === "bootfileName")?.value ?? file;
          return `the capture holds a ${reply.messageType} from ${server}: ${yiaddr}, ${named === "" ? "no boot file" : `boot file ${named}`}`;
        });
  return [
    styleText("bold", `${when}${mac} from ${from}`),
    ...really.flatMap((line) => indented(line, width)),
    ...stepsText(steps, width),
  ];
}

export function warningsText(warnings: readonly string[], width: number): string[] {
  if (warnings.length === 0) return [];
  const rows = warnings.map((warning) => [styleText("yellow", "warning"), warning]);
  return ["", ...table(rows, { width })];
}

function stepsText(steps: readonly Step[], width: number): string[] {
  return steps.flatMap((step, index) => ["", ...stepText(step, index + 1, width)]);
}

function stepText(step: Step, number: number, width: number): string[] {
  const title = (text: string) =>
    styleText("bold", `${number}. ${text.charAt(0).toUpperCase()}${text.slice(1)}`);
  switch (step.step) {
    case "dhcp":
      return dhcpText(step, title, width);
    case "loader": {
      const { file, from, sizeBytes, version } = step;
      const found = sizeBytes === undefined ? "absent on this host" : `${formatSize(sizeBytes)}, ${version}`;
      return [title(`it fetches ${file} from ${from}`), `   ${found}`];
    }
    case "script":
      return [
        title(`it fetches its script from ${step.address}`),
        ...settingsText(step.settings ?? [], width),
        ...block(step.text),
      ];
    case "kernel":
      return kernelText(step, title, width);
    case "menu":
    case "end":
      return flow(title(step.says), width);
  }
}

function dhcpText({ who, request, matched, answer, next }: DhcpStep, title: Title, width: number): string[] {
  const asks = [title(`${who} sends a ${request.messageType}`), ...indented(`it is ${matched}`, width)];
  const said = [...indented("the request says:", width), ...messageText(request, width)];
  if ("silent" in answer) {
    const inHex = [...indented("the request in hex:", width), ...dump(request.hex)];
    return [...asks, ...indented(`no answer, because ${answer.silent}`, width), ...said, ...inHex];
  }
  const { reply, to, reason } = answer;
  return [
    ...asks,
    ...indented(
      `the answer is a ${reply.messageType} to ${to}, ${reply.lengthBytes} bytes: ${reason}`,
      width,
    ),
    ...(next === undefined ? [] : indented(next, width)),
    ...said,
    ...indented("the answer says:", width),
    ...messageText(reply, width),
    ...indented("the answer in hex:", width),
    ...dump(reply.hex),
  ];
}

type Title = (text: string) => string;

function settingsText(settings: readonly ShownSetting[], width: number): string[] {
  if (settings.length === 0) return [];
  const rows = settings.map(({ setting, value, from }) => [setting, value, from]);
  return [...indented("the site says:", width), ...table(rows, { indent: "     ", width })];
}

function kernelText(
  { image, digest, files, commandLine }: Extract<FetchStep, { step: "kernel" }>,
  title: Title,
  width: number,
): string[] {
  const rows = files.map(({ address, sizeBytes }) => [address, formatSize(sizeBytes)]);
  return [
    title(`it fetches and starts image ${image} (digest ${digest.slice(0, 12)})`),
    ...table(rows, { indent: "     ", right: [1] }),
    ...indented("the kernel's command line:", width),
    ...flow(commandLine, width - 5).map((line) => `     ${line}`),
  ];
}

function messageText({ header, options, issues }: ShownMessage, width: number): string[] {
  const rows = [
    ...Object.entries(header).map(([name, value]) => ["", name, value]),
    ...options.map(({ code, name, value }) => [String(code), name, value]),
    ...issues.map((issue) => ["", styleText("yellow", "malformed"), issue]),
  ];
  return table(rows, { indent: "     ", right: [0], width });
}

/** Sixteen bytes a line; lines of zeros, of which a BOOTP header is full, shrink to one star. */
function dump(hex: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at < hex.length; at += 32) {
    const bytes = hex.slice(at, at + 32);
    if (/^0{32}$/.test(bytes)) {
      if (lines.at(-1) !== "     *") lines.push("     *");
      continue;
    }
    lines.push(`     ${(at / 2).toString(16).padStart(4, "0")}  ${bytes.replaceAll(/(..)(?=.)/g, "$1 ")}`);
  }
  return lines;
}

function block(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `     ${line}`);
}

function indented(text: string, width: number): string[] {
  return flow(text, width - 3).map((line) => `   ${line}`);
}
