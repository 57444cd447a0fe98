import type { Command } from "./command.ts";

/** A command before its file is loaded: what the list of commands shows, and where the rest is. */
export interface CommandEntry {
  readonly name: string;
  /** The command's own summary, said twice so that `dryboot --help` loads nothing; a test compares them. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every command, in the order in which help shows them. Each is loaded only when it is run. */
export const commands: readonly CommandEntry[] = [
  {
    name: "boot",
    summary: "Boot one machine of a site in the lab, and show where the time goes",
    load: async () => (await import("./boot.ts")).boot,
  },
  {
    name: "test",
    summary: "Run the tests: units, then scenarios that boot machines, then commands as a person runs them",
    load: async () => (await import("./test.ts")).test,
  },
  {
    name: "trace",
    summary: "Read what a run recorded, and write it in the formats of other programs",
    load: async () => (await import("./trace.ts")).trace,
  },
  {
    name: "image",
    summary: "List, build, verify and remove what machines boot",
    load: async () => (await import("./image.ts")).image,
  },
  {
    name: "overlay",
    summary: "Show, compare and build what is laid over the images of machines, and keep its secrets",
    load: async () => (await import("./overlay.ts")).overlay,
  },
  {
    name: "ipxe",
    summary: "Build an iPXE from a source tree of yours, and list and remove those you have",
    load: async () => (await import("./ipxe.ts")).ipxe,
  },
  {
    name: "serve",
    summary: "Answer the machines of a site on a real network",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "status",
    summary: "Say what a running `dryboot serve` is doing",
    load: async () => (await import("./status.ts")).status,
  },
  {
    name: "logs",
    summary: "Show what `dryboot serve` answered, and why",
    load: async () => (await import("./logs.ts")).logs,
  },
  {
    name: "machine",
    summary: "Say what a machine boots next, once or from now on",
    load: async () => (await import("./machine.ts")).machine,
  },
  {
    name: "state",
    summary:
      "Look through what machines handed in of themselves, and say what they are handed when they boot",
    load: async () => (await import("./state.ts")).state,
  },
  {
    name: "deploy",
    summary: "Try an image once on machines, and keep it where it reports ready",
    load: async () => (await import("./deploy.ts")).deploy,
  },
  {
    name: "slots",
    summary: "Show which images are deployed on machines: the regular one, the old one, the new one",
    load: async () => (await import("./slots.ts")).slots,
  },
  {
    name: "leases",
    summary: "Show whom `dryboot serve` lent which address, or take a lease back",
    load: async () => (await import("./leases.ts")).leases,
  },
  {
    name: "setup",
    summary: "Install what dryboot needs on this machine",
    load: async () => (await import("./setup.ts")).setup,
  },
  {
    name: "doctor",
    summary: "Try what this machine can do, and say how to mend what it cannot",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "lanes",
    summary: "Show the ways a machine can boot in the lab, and which of them this host can run",
    load: async () => (await import("./lanes.ts")).lanes,
  },
  {
    name: "explain",
    summary: "Say what a client is answered at every step of its boot, and why",
    load: async () => (await import("./explain.ts")).explain,
  },
  {
    name: "menu",
    summary: "Show the boot menu of a site as one of its machines sees it, or have a server make it anew",
    load: async () => (await import("./menu.ts")).menu,
  },
  {
    name: "site",
    summary:
      "Show a site as it is read, print the schema of site files, or make one from another server's list",
    load: async () => (await import("./site.ts")).site,
  },
  {
    name: "lint",
    summary: "Look for what a site file may say and should not",
    load: async () => (await import("./lint.ts")).lint,
  },
  {
    name: "record",
    summary: "Record what machines ask while they boot, for `explain --from` and the corpus",
    load: async () => (await import("./record.ts")).record,
  },
];
