import { scriptPath } from "../boot/script-address.ts";
import type { LogEntry } from "./log-entry.ts";

/** A file on its way to a machine. */
export interface RunningTransfer {
  protocol: "tftp" | "http";
  file: string;
  from: string;
  machine?: string;
  since: string;
  sentBytes: number;
  sizeBytes?: number;
}

/** The last time a machine was booted here, as far as it came. */
export interface RecentBoot {
  machine: string;
  began: string;
  last: string;
  /** The newest step of it, and what there is to say of that one. */
  step: BootStep;
  detail: string;
}

export type BootStep = "address" | "loader" | "script" | "files" | "ready";

export interface Problem {
  first: string;
  last: string;
  count: number;
  machine?: string;
  says: string;
}

const mostTransfers = 2048;
const mostBoots = 64;
const mostProblems = 32;
/** A machine that asks again after this long has been switched on again, also when we never heard that it was up. */
const newBootMs = 120_000;

/** What goes on now, told from the entries of the log. It remembers little, however long the server runs. */
export class LiveView {
  readonly #transfers = new Map<string, RunningTransfer>();
  readonly #boots = new Map<string, RecentBoot>();
  readonly #problems = new Map<string, Problem>();

  get transfers(): RunningTransfer[] {
    return [...this.#transfers.values()];
  }

  /** Newest first. */
  get boots(): RecentBoot[] {
    return [...this.#boots.values()].reverse();
  }

  /** Newest first. */
  get problems(): Problem[] {
    return [...this.#problems.values()].reverse();
  }

  feed(entry: LogEntry): void {
    this.#followTransfer(entry);
    this.#followBoot(entry);
    const says = problemIn(entry);
    if (says !== undefined) this.#addProblem(entry, says);
  }

  #followTransfer(entry: LogEntry): void {
    switch (entry.type) {
      case "tftp.requested":
      case "http.requested": {
        const protocol = entry.type === "tftp.requested" ? "tftp" : "http";
        const file = entry.type === "tftp.requested" ? entry.file : entry.path;
        const { from, machine, time: since } = entry;
        const transfer: RunningTransfer = { protocol, file, from, since, sentBytes: 0 };
        put(
          this.#transfers,
          `${protocol} ${entry.id}`,
          { ...transfer, ...(machine && { machine }) },
          mostTransfers,
        );
        return;
      }
      case "tftp.progress":
      case "http.progress": {
        const running = this.#transfers.get(`${entry.type.slice(0, 4)} ${entry.id}`);
        if (running) Object.assign(running, { sentBytes: entry.sentBytes, sizeBytes: entry.sizeBytes });
        return;
      }
      case "tftp.sent":
      case "tftp.probed":
      case "tftp.absent":
      case "tftp.failed":
      case "http.sent":
      case "http.failed":
        this.#transfers.delete(`${entry.type.slice(0, 4)} ${entry.id}`);
        return;
      default:
    }
  }

  #followBoot(entry: LogEntry): void {
    const { machine, time } = entry;
    const reached = stepIn(entry);
    if (machine === undefined || reached === undefined) return;
    const known = this.#boots.get(machine);
    // What an operating system fetches once it is up is no step back.
    if (known?.step === "ready" && reached.step !== "address") return;
    const again =
      known === undefined ||
      (reached.step === "address" &&
        (known.step === "ready" || Date.parse(time) - Date.parse(known.last) > newBootMs));
    put(
      this.#boots,
      machine,
      { machine, began: again ? time : known.began, last: time, ...reached },
      mostBoots,
    );
  }

  #addProblem({ time, machine }: LogEntry, says: string): void {
    const key = `${machine ?? ""} ${says}`;
    const known = this.#problems.get(key);
    const problem: Problem = {
      first: known?.first ?? time,
      last: time,
      count: (known?.count ?? 0) + 1,
      says,
      ...(machine === undefined ? {} : { machine }),
    };
    put(this.#problems, key, problem, mostProblems);
  }
}

function stepIn(entry: LogEntry): { step: BootStep; detail: string } | undefined {
  switch (entry.type) {
    case "dhcp.sent":
    case "dhcp.withheld": {
      // Without a boot file it is an operating system that wants an address: no boot, and no end of one.
      if (entry.bootfileName === undefined) return undefined;
      return { step: "address", detail: `${entry.messageType} ${entry.yiaddr}, ${entry.bootfileName}` };
    }
    case "tftp.sent":
      return { step: "loader", detail: entry.file };
    case "http.sent": {
      const step = entry.path === scriptPath ? "script" : "files";
      return entry.status < 400 ? { step, detail: entry.path } : undefined;
    }
    case "machine.ready":
      return { step: "ready", detail: `up at ${entry.address}` };
    default:
      return undefined;
  }
}

function problemIn(entry: LogEntry): string | undefined {
  switch (entry.type) {
    case "tftp.failed":
      return `TFTP ${entry.file}: ${entry.reason}`;
    case "http.failed":
      return `HTTP ${entry.path}: ${entry.reason}`;
    case "http.sent":
      return entry.status >= 400 ? `HTTP ${entry.status} ${entry.path}` : undefined;
    case "dhcp.malformed":
      return `DHCP that cannot be read: ${entry.problem}`;
    case "dhcp.silent":
      // Most silences are as they should be; these name something that somebody can mend.
      return /^bug:|^cannot send|could not be written|^the socket failed|^too many|^no address of/.test(
        entry.reason,
      )
        ? `DHCP: ${entry.reason}`
        : undefined;
    case "dhcp.leases-failed":
      return `leases cannot be kept, nobody gets an address: ${entry.problem}`;
    case "dhcp.leases-damaged":
      return `${entry.records} damaged lease records were skipped; a copy is in ${entry.copy}`;
    case "dhcp.conflict":
      return `${entry.mac} uses ${entry.address}, which it does not have from us`;
    case "dhcp.probe-failed":
      return `addresses are lent without a look who uses them: ${entry.problem}`;
    case "dhcp.dialects-failed":
      return `what was learned of proxy clients is not kept: ${entry.problem} (${entry.file})`;
    case "api.failed":
      return `the boot API at ${new URL(entry.address).host}: ${entry.problem}`;
    case "boot.looping":
      return `goes round in circles with its ${entry.what} ${entry.file}${entry.problem ? `: ${entry.problem}` : ""}`;
    case "boot.turned":
      return entry.fellBack ? entry.says : undefined;
    case "machine.unsaved":
      return `what it boots cannot be written down, and is forgotten at a restart: ${entry.problem}`;
    case "state.refused":
      return `its state is refused: ${entry.reason}`;
    case "serve.warned":
      return `${entry.problem}; ${entry.next}`;
    case "serve.reload-failed":
      return `the site was not reloaded: ${entry.problem} (${entry.where})`;
    default:
      return undefined;
  }
}

/** Sets it as the newest; the oldest makes room. */
function put<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
