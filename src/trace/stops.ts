import { printable } from "../core/printable.ts";
import type { Evidence, Exchange, Fetched } from "./evidence.ts";
import type { AskingClient } from "./what-ran.ts";

/** Where a boot stopped: what was last seen, what that means, and what to do. Safe to print. */
export interface Stop {
  id: StopId;
  says: string;
  why: string;
  next: string;
}

export type StopId =
  | "not-asked"
  | "no-answer"
  | "elsewhere"
  | "no-boot-file"
  | "offer-not-taken"
  | "proxy-not-taken"
  | "not-confirmed"
  | "loader-not-asked"
  | "loader-missing"
  | "loader-rejected"
  | "loader-broken-off"
  | "loader-not-run"
  | "loader-loop"
  | "ipxe-no-answer"
  | "ipxe-no-script"
  | "script-not-asked"
  | "script-broken-off"
  | "script-loop"
  | "kernel-not-asked"
  | "kernel-missing"
  | "kernel-broken-off"
  | "initrd-missing"
  | "initrd-broken-off"
  | "kernel-silent"
  | "userland-no-lease"
  | "userland-not-ready";

/** Where a boot stands that does not go on: judged by the furthest that it came. Undefined once it is ready. */
export function stopOf(evidence: Evidence): Stop | undefined {
  if (evidence.ready) return undefined;
  const stop =
    inUserland(evidence) ??
    inKernel(evidence) ??
    inScript(evidence) ??
    inLoader(evidence) ??
    inDhcp(evidence);
  const { id, says, why, next } = stop;
  return { id, says: printable(says), why: printable(why, 400), next: printable(next, 300) };
}

function inUserland({ exchanges: { network }, said }: Evidence): Stop | undefined {
  if (network.asked === 0) return undefined;
  const heard = said === undefined ? "" : `; the last line of its log was: ${said}`;
  if (network.acks > 0) {
    return {
      id: "userland-not-ready",
      says: `its operating system has an address${heard}`,
      why: "it did not say that it is ready: something after the network hangs or failed, or its image never says so (an installer does not)",
      next: "look at its console; with log lines by syslog they are in the log as well",
    };
  }
  return {
    id: "userland-no-lease",
    says: `its operating system asks for an address and gets none${heard}`,
    why: network.silence
      ? network.silence.reason
      : "it was answered, but never took what it was offered: another server, or a firewall in its image",
    next: "it asks by another client identifier than its firmware does: a pool too small for both is the usual cause",
  };
}

function inKernel({ files: { kernel, initrd } }: Evidence): Stop | undefined {
  if (kernel.asked === 0 && initrd.asked === 0) return undefined;
  if (kernel.sent === 0) {
    return isMissing(kernel)
      ? {
          id: "kernel-missing",
          says: `its script asks for ${kernel.file}, which is not here`,
          why: "the image in the store has no such file, or the site named another image when the script was made",
          next: "`dryboot image verify`, and build the image anew",
        }
      : brokenOff("kernel-broken-off", kernel);
  }
  if (initrd.asked > 0 && initrd.sent === 0) {
    return isMissing(initrd)
      ? {
          id: "initrd-missing",
          says: `its script asks for ${initrd.file}, which is not here`,
          why: "the image in the store is not whole",
          next: "`dryboot image verify`, and build the image anew",
        }
      : brokenOff("initrd-broken-off", initrd);
  }
  const both = initrd.sent > 0 ? "kernel and initrd" : "the kernel";
  return {
    id: "kernel-silent",
    says: `it fetched ${both}, and nothing came from it since`,
    why: "the kernel panicked, or runs without a driver for this network card, or without memory for its initrd (two to three times its size), or was never started",
    next: "look at its screen; with `console=ttyS0,115200` in `commandLine` a serial console shows it too. The kernel must have the card's driver in its initrd",
  };
}

function inScript({ files: { script }, loop }: Evidence): Stop | undefined {
  if (script.asked === 0) return undefined;
  if (loop?.what === "script") {
    return {
      id: "script-loop",
      says: `it fetched its script ${loop.times} times and no kernel in between`,
      why:
        loop.problem ??
        "what the script does fails before it fetches anything, and the firmware begins again",
      next: "its screen shows the same and waits: a key tries again, as does a minute",
    };
  }
  if (script.sent === 0) return brokenOff("script-broken-off", script);
  return {
    id: "kernel-not-asked",
    says: "it fetched its script, and no kernel",
    why: "the script told it that there is nothing to boot, or somebody is in its shell, or this iPXE cannot run what the script says",
    next: "`dryboot explain` prints the script that it was given; its screen shows where it stands",
  };
}

function inLoader(evidence: Evidence): Stop | undefined {
  const {
    exchanges: { "ipxe-dhcp": ipxe },
    files: { loader },
    loop,
    client,
  } = evidence;
  if (ipxe.asked > 0) return inIpxe(ipxe);
  if (loader.asked === 0) return undefined;
  const { file } = loader;
  if (loop?.what === "loader") {
    return {
      id: "loader-loop",
      says: `it fetched ${file} ${loop.times} times and never asked for a script`,
      why: "the loader starts and loads itself, or does not start and the firmware begins again",
      next: "give this machine another one with `loader`; on UEFI switch Secure Boot off: the usual iPXE is not signed",
    };
  }
  if (loader.sent > 0) {
    return {
      id: "loader-not-run",
      says: `it fetched ${file} whole, and nothing came from it since`,
      why: `the loader was not started, or crashed: ${notRun(client)}`,
      next: "its screen says which; try another one with `loader`",
    };
  }
  if (isMissing(loader)) {
    return {
      id: "loader-missing",
      says: `it asked for ${file}, which is not here`,
      why: "the file is not among the loaders of this host, or the name came from another server",
      next: "`dryboot doctor` says where loaders come from; `dryboot explain` what it was told",
    };
  }
  if (loader.probed > 0 && !loader.failure) {
    return {
      id: "loader-rejected",
      says: `it asked how large ${file} is, and did not fetch it`,
      why: `the firmware does not want it: ${notRun(client)}`,
      next: "its screen says which; `dryboot explain` names the architecture that the loader was chosen for",
    };
  }
  return brokenOff("loader-broken-off", loader);
}

function inIpxe(ipxe: Exchange): Stop {
  if (ipxe.offers + ipxe.acks === 0) {
    return {
      id: "ipxe-no-answer",
      says: "its loader runs and asks for an address, and gets none",
      why: ipxe.silence?.reason ?? "nothing was sent",
      next: "the reason is the server's own: change the site accordingly",
    };
  }
  if (ipxe.bootFile === undefined) {
    return {
      id: "ipxe-no-script",
      says: "its loader runs, and was told of no script",
      why: "it lacks what a script needs (HTTP, menus, Linux kernels), or is a loader of its own kind that reads files by itself",
      next: "`dryboot explain` with `--client ipxe-bios` or `ipxe-efi` names what is missing; give it another one with `loader`",
    };
  }
  return scriptNotAsked(ipxe);
}

function inDhcp({ exchanges: { dhcp }, client }: Evidence): Stop {
  if (dhcp.asked === 0) {
    return {
      id: "not-asked",
      says: "it never asked for an address",
      why: "it boots from something else first, network boot is off in its setup, its cable is out, or a switch holds the port back (spanning tree)",
      next: "look at its screen and its boot order; on a switch make the port an edge port",
    };
  }
  if (dhcp.offers + dhcp.acks === 0) {
    return dhcp.silence?.notOurs
      ? {
          id: "elsewhere",
          says: "another server answers it",
          why: dhcp.silence.reason,
          next: "nothing is wrong here; to boot it from here all the same, switch the other server's boot options off",
        }
      : {
          id: "no-answer",
          says: "it asks, and was not answered",
          why: dhcp.silence?.reason ?? "nothing was sent",
          next: "the reason is the server's own: change `dhcp` or `machines` in the site file accordingly",
        };
  }
  // An empty name is none: firmware goes on to its next device without a word.
  if (!dhcp.bootFile) {
    return {
      id: "no-boot-file",
      says: "it was answered, and told of no boot file",
      why: "without one, or with an empty name, firmware goes on to its next device without a word",
      next: "`dryboot explain` says why it has none; the log has the same reason",
    };
  }
  return dhcp.acks === 0 ? inOffer(dhcp) : afterAck(dhcp, client);
}

function inOffer({ offers, requests, proxied, silence }: Exchange): Stop {
  if (proxied) {
    return {
      id: "proxy-not-taken",
      says: `it was told ${offers} times what to boot, and never came for it`,
      why: "it cannot do with this kind of proxy answer, or the other server names a boot file too and wins, or gives it no address",
      next: "set `dialect` for this machine to the other one; remove options 66 and 67 from the other server",
    };
  }
  if (requests === 0) {
    return {
      id: "offer-not-taken",
      says: `it was offered an address ${offers} times, and never asked for it`,
      why: "it took another server's offer, or could not use ours: lost on its way (spanning tree, a switch that drops broadcasts), or too early for its ROM",
      next: "`dryboot serve` names other servers at its start; a ROM that is too slow is helped by `dhcp.offerDelay`",
    };
  }
  return {
    id: "not-confirmed",
    says: "it asked for the address it was offered, and was not given it",
    why: silence?.reason ?? "it was refused: the address is somebody else's, or of another network",
    next: "`dryboot leases` says who holds it",
  };
}

function afterAck(dhcp: Exchange, client: AskingClient | undefined): Stop {
  if (client?.isIpxe || /\/boot\.ipxe\b/.test(dhcp.bootFile ?? "")) return scriptNotAsked(dhcp);
  return {
    id: "loader-not-asked",
    says: `it was told to fetch ${dhcp.bootFile}, and never asked for it`,
    why: "a firewall drops UDP port 69 (TCP port 80 for HTTP boot), the firmware takes the server's address from another answer, or it waits in a menu",
    next: "try it from its segment: `curl tftp://SERVER/FILE -o /dev/null`; remove option 66 and `next-server` elsewhere",
  };
}

function scriptNotAsked({ bootFile = "its script" }: Exchange): Stop {
  return {
    id: "script-not-asked",
    says: `its iPXE was told to fetch ${bootFile.replace(/\?.*/, "")}, and never asked for it`,
    why: "a firewall drops TCP port 80, it has another server's answer as well and follows that, or a script of its own was built in",
    next: "its screen names the address it tries; from another machine: `curl ADDRESS`",
  };
}

function brokenOff(
  id: "loader-broken-off" | "script-broken-off" | "kernel-broken-off" | "initrd-broken-off",
  { file = "a file", failure }: Fetched,
): Stop {
  return {
    id,
    says: `it asked for ${file}, and did not get it whole`,
    why: failure?.reason ?? "the transfer did not end: it was switched off, or its packets are lost",
    next: "a path with a smaller MTU (VLAN, tunnel), a full disk cache or a bad cable are the usual causes; its screen may know more",
  };
}

const isMissing = ({ failure }: Fetched): boolean => failure?.missing === true;

/** BIOS and UEFI refuse loaders for different reasons. */
function notRun(client: AskingClient | undefined): string {
  return client?.architecture === 0
    ? "it is too large for the memory a BIOS has for it, or a file for UEFI"
    : "Secure Boot (the usual iPXE is not signed), or a file for another architecture";
}
