import { printable } from "../core/printable.ts";
import type { Fact } from "../core/timeline.ts";
import { formatDuration, formatSize } from "../core/units.ts";
import type { BootFacts } from "./facts.ts";

/** One fact as a line for people: what happened, without the time. */
export function describeFact(fact: Fact<BootFacts>): string {
  return printable(describe(fact), 160);
}

function autoexecAnswered({ file, script, mac, from, reason }: BootFacts["autoexec.answered"]): string {
  return `${file} ${script ? "is there" : "is not there"} for ${mac ?? from}: ${reason}`;
}

function statePushed({ machine, version, sizeBytes, same }: BootFacts["state.pushed"]): string {
  return `${machine} handed in its state: ${same ? "the same as " : ""}version ${version}, ${formatSize(sizeBytes)}`;
}

function describe(fact: Fact<BootFacts>): string {
  switch (fact.type) {
    case "dhcp.received":
      return `${fact.messageType} from ${fact.mac}${fact.clientSystemArch ? `, arch ${fact.clientSystemArch.join(" ")}` : ""}`;
    case "dhcp.sent":
      return `${fact.messageType} to ${fact.mac}: ${fact.yiaddr}${fact.bootfileName ? `, boot ${fact.bootfileName.replace(/\?.*/, "")}` : ""}`;
    case "dhcp.silent":
      return `DHCP silent to ${fact.mac}: ${fact.reason}`;
    case "dhcp.malformed":
      return `DHCP nonsense from ${fact.from}: ${fact.problem}`;
    case "dhcp.leases-loaded":
      return `${fact.leases} leases loaded from ${fact.store}`;
    case "dhcp.leases-damaged":
      return `${fact.records} leases could not be read; ${fact.copy} keeps them`;
    case "dhcp.leases-failed":
      return `leases cannot be written: ${fact.problem}`;
    case "dhcp.lease-taken":
      return `the lease of ${fact.address} was taken from ${fact.mac}`;
    case "dhcp.conflict":
      return `${fact.address} is used by ${fact.mac} without a lease`;
    case "dhcp.probe-failed":
      return `addresses are no longer probed: ${fact.problem}`;
    case "dhcp.dialects-failed":
      return `dialects of proxy clients are not kept: ${fact.problem}`;
    case "tftp.requested":
      return `TFTP RRQ ${fact.file}`;
    case "tftp.progress":
      return `TFTP ${fact.file} ${percent(fact.sentBytes, fact.sizeBytes)}`;
    case "tftp.sent":
      return `TFTP sent ${fact.file}, ${formatSize(fact.sizeBytes)}`;
    case "tftp.probed":
      return `TFTP size of ${fact.file} asked`;
    case "tftp.absent":
      return `TFTP ${fact.file} is not there, and need not be`;
    case "tftp.failed":
      return `TFTP ${fact.file} failed: ${fact.reason}`;
    case "tftp.refused":
      return `TFTP refused ${fact.from}: ${fact.problem}`;
    case "http.requested":
      return `HTTP ${fact.method} ${fact.path}`;
    case "http.progress":
      return `HTTP ${fact.path} ${percent(fact.sentBytes, fact.sizeBytes)}`;
    case "http.sent":
      return `HTTP ${fact.status} ${fact.path}, ${formatSize(fact.sizeBytes)}`;
    case "http.failed":
      return `HTTP ${fact.path} failed: ${fact.reason}`;
    case "http.refused":
      return `HTTP refused ${fact.from}: ${fact.problem}`;
    case "dns.answered":
      return `DNS ${fact.name} ${fact.qtype}: ${fact.answers?.join(" ") ?? fact.rcode}`;
    case "dns.silent":
      return `DNS silent to ${fact.from}: ${fact.reason}`;
    case "dns.malformed":
      return `DNS nonsense from ${fact.from}: ${fact.problem}`;
    case "dns.forwarder-failed":
      return `DNS forwarder ${fact.forwarder} failed for ${fact.name}: ${fact.reason}`;
    case "syslog.received":
      return `log of ${fact.machine ?? fact.from}: ${fact.appName ? `${fact.appName}: ` : ""}${fact.text}`;
    case "syslog.dropped":
      return `log of ${fact.machine ?? fact.from} left out: ${fact.reason}`;
    case "ndp.solicited":
      return "IPv6 router solicited";
    case "ndp.advertised":
      return "IPv6 router advertised";
    case "ndp.silent":
      return `no IPv6 router advertisement: ${fact.reason}`;
    case "api.answered":
      return `boot API for ${fact.mac}: ${fact.kernel ?? `nothing (${fact.status})`}`;
    case "api.failed":
      return `boot API failed for ${fact.mac}: ${fact.problem}`;
    case "trace.cut":
      return `the record ends here: ${fact.reason}`;
    case "autoexec.answered":
      return autoexecAnswered(fact);
    case "boot.looping":
      return `${fact.mac} goes round in circles: ${fact.what} ${fact.file} ${fact.times} times within ${formatDuration(fact.withinMs)}${fact.problem ? `; ${fact.problem}` : ""}`;
    case "boot.turned":
      return `${fact.machine}: ${fact.says}`;
    case "deploy.promoted":
    case "deploy.rolled-back":
      return deployed(fact);
    case "machine.unsaved":
      return `what ${fact.machine} boots cannot be written down: ${fact.problem}`;
    case "machine.assigned":
      return fact.says;
    case "machine.ready":
      return `${fact.machine} reports ready from ${fact.address}`;
    case "state.pushed":
      return statePushed(fact);
    case "state.refused":
      return `the state that ${fact.machine ?? fact.from} sent is refused: ${fact.reason}`;
    case "state.handed-out":
      return `${fact.machine} is handed version ${fact.version} of its state`;
    case "mirror.fetched":
      return `mirror ${fact.mirror}: ${fact.path} fetched from outside, ${formatSize(fact.sizeBytes)}`;
    case "mirror.stale":
      return `mirror ${fact.mirror}: ${fact.path} served as it was: ${fact.reason}`;
    case "mirror.failed":
      return `mirror ${fact.mirror}: ${fact.path} cannot be had (${fact.status}): ${fact.reason}`;
    case "lab.opened":
      return `lab for ${fact.site}`;
    case "foreign-dhcp.started":
      return `${fact.program} lends the addresses, from ${fact.server}: the stand-in for another DHCP server`;
    case "foreign-dhcp.sent":
      return `${fact.messageType} of the other server ${fact.server} to ${fact.mac}: ${fact.yiaddr}`;
    case "vm.started":
      return `QEMU started, pid ${fact.pid}`;
    case "vm.powered-on":
      return `${fact.machine} powered on (${fact.lane})`;
    case "vm.event":
      return `QMP ${fact.event} ${JSON.stringify(fact.data)}`;
    case "vm.ready":
      return `${fact.machine} shows: ${fact.shows.trim()}`;
    case "vm.exited":
      return `QEMU ended with ${fact.code ?? fact.signal}`;
    case "console.output":
      return `console ${fact.text}`;
    case "screen.saved":
      return `screen saved to ${fact.file}`;
    case "screen.changed":
      return `screen shows ${lastRow(fact.text)}`;
    case "screen.resized":
      return `screen went from ${fact.from.width} x ${fact.from.height} to ${fact.to.width} x ${fact.to.height}`;
    case "screen.compared":
      return `screen held against ${fact.reference}: ${fact.differentPixels} pixels differ`;
    case "step.started":
      return `step: ${fact.step}`;
    case "step.passed":
      return `passed: ${fact.step}`;
    case "step.failed":
      return `failed: ${fact.step}: ${fact.error}`;
    case "sentinel.seen":
      return `sign of failure (${fact.sentinel}): ${fact.evidence}`;
  }
}

function lastRow(text: string): string {
  return text.split("\n").findLast((row) => row !== "") ?? "nothing that can be read";
}

function percent(sent: number, size: number): string {
  return size === 0 ? "100 %" : `${Math.floor((100 * sent) / size)} %`;
}

function deployed(
  fact: Extract<Fact<BootFacts>, { type: "deploy.promoted" | "deploy.rolled-back" }>,
): string {
  const { machine, image } = fact;
  if (fact.type === "deploy.promoted")
    return `${machine}: ${image} has reported ready and stays, in place of ${fact.old ?? "nothing"}`;
  return `${machine}: ${image} did not report ready, and is given up for ${fact.to}`;
}
