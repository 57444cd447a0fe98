import { createHash, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import type { BootSite } from "../boot/boot-site.ts";
import type { Change, MachineState, Turn } from "../boot/lifecycle.ts";
import {
  afterMenu,
  afterReady,
  afterScript,
  bootModes,
  changed,
  describeState,
  whyNotBack,
} from "../boot/lifecycle.ts";
import type { Plan } from "../boot/plan.ts";
import { mayRead } from "../boot/rest-api.ts";
import { showsMenu } from "../boot/script-for.ts";
import { suggest } from "../core/nearest.ts";
import type { Recorder } from "../core/timeline.ts";
import type { NetbootFacts } from "../facts.ts";
import type { HttpRequest } from "../http/request.ts";
import type { HttpAnswer, HttpConfig } from "../http/server.ts";
import type { Subnet } from "../wire/ipv4.ts";
import type { MachineStates } from "./machine-states.ts";

/** What somebody may ask for, as it stands in a request. */
export const changeSchema = z.union([
  z.strictObject({ next: z.string().max(64) }),
  z.strictObject({ deploy: z.string().max(64) }),
  z.strictObject({ slot: z.literal("back") }),
  z.strictObject({ mode: z.literal("site") }),
  z.strictObject({ mode: z.enum(bootModes), image: z.string().max(64).optional() }),
]);

export type Assigned = Readonly<
  { state: MachineState; says: readonly string[] } | { problem: string; hint: string }
>;

/** The site, and which of its images are there. */
type Served = Readonly<{ site: BootSite; images: Readonly<{ has(name: string): boolean }> }>;

export interface Lifecycle {
  stateOf(machine: string): MachineState;
  /**
   * Resolves when it is remembered that this script, or a loader's configuration, was handed out, which is before it
   * is. Where it cannot be written
   * down, the machine boots all the same.
   */
  scriptHanded(plan: Plan): Promise<void>;
  /** The same when it reported. */
  ready(machine: string): Promise<void>;
  /** Without a change, what is so now. */
  assign(machine: string, change: Change | undefined, by: "control" | "http"): Promise<Assigned>;
}

export function startLifecycle(
  states: MachineStates,
  served: () => Served,
  { timeline }: { timeline: Recorder<NetbootFacts> },
): Lifecycle {
  /** A machine in the middle of its boot, or at the end of its installation, has no use for our trouble with a disk. */
  const remember = async (machine: string, change: (before: MachineState) => MachineState) => {
    try {
      await states.change(machine, change);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      timeline.record("machine.unsaved", { machine, problem });
    }
  };
  return {
    stateOf: (machine) => states.of(machine),
    async scriptHanded(plan) {
      const { machine, turn } = plan;
      if (!machine || !turn) return;
      const { name, mac } = machine;
      const { site } = served();
      if (turn.boot === "image" && turn.failed !== undefined)
        timeline.record("deploy.rolled-back", { machine: name, mac, image: turn.failed, to: turn.image });
      if (turn.note !== undefined)
        timeline.record("boot.turned", { machine: name, mac, ...turnedFact(turn.note, turn) });
      // PXELINUX and GRUB show no menu.
      const after =
        plan.step === "script" && showsMenu(plan, site)
          ? afterMenu
          : (state: MachineState) => afterScript(state, turn, reportsReady(turn, site));
      await remember(name, after);
    },
    async ready(machine) {
      const { running } = states.of(machine);
      await remember(machine, afterReady);
      if (running?.mode !== "trial") return;
      const { old } = states.of(machine).slots ?? {};
      const after = old === undefined ? {} : { old };
      timeline.record("deploy.promoted", { machine, image: running.image, ...after });
    },
    async assign(name, change, by) {
      const refused = problemOf(name, change, served()) ?? whyNotBack(name, change, states.of(name));
      if (refused) return refused;
      if (!change) return { state: states.of(name), says: describeState(name, states.of(name)) };
      let state: MachineState;
      try {
        state = await states.change(name, (before) => changed(before, change));
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        timeline.record("machine.unsaved", { machine: name, problem });
        return {
          problem: `it holds until the server stops, and cannot be written down: ${problem}`,
          hint: unsavedHint,
        };
      }
      const says = describeState(name, state);
      timeline.record("machine.assigned", { machine: name, by, says: says.join("; ") });
      return { state, says };
    },
  };
}

const unsavedHint = "make room in the server's state folder, and ask again";

/** Whether a report is to be expected: an installation ends with one, and some images send it by themselves. */
function reportsReady(turn: Turn, { images }: BootSite): boolean {
  if (turn.boot === "local") return false;
  return turn.mode === "install-once" || (images.get(turn.image)?.reportsReady ?? false);
}

function turnedFact(says: string, turn: Turn) {
  if (turn.boot === "local") return { says };
  return { says, image: turn.image, ...(turn.fellBack ? { fellBack: turn.fellBack } : {}) };
}

function problemOf(name: string, change: Change | undefined, { site, images: stored }: Served) {
  const { machines, images } = site;
  const names = machines.map((machine) => machine.name);
  if (!names.includes(name)) {
    return { problem: `the site has no machine ${JSON.stringify(name)}`, hint: suggest(name, names) };
  }
  const image = change && imageOf(change);
  if (image === undefined) return undefined;
  if (stored.has(image)) return change && "deploy" in change ? whyUntried(image, site) : undefined;
  if (!images.has(image)) {
    return { problem: `the site has no image ${JSON.stringify(image)}`, hint: suggest(image, images.keys()) };
  }
  const hint = "build it with `dryboot image build`, and have the server read its site again (SIGHUP)";
  return { problem: `image ${image} was not in the store when the site was read`, hint };
}

function imageOf(change: Change): string | undefined {
  if ("next" in change) return change.next;
  if ("deploy" in change) return change.deploy;
  return "image" in change ? change.image : undefined;
}

/** A trial is passed by a report. */
function whyUntried(image: string, { images }: BootSite) {
  if (images.get(image)?.reportsReady) return undefined;
  const hint = "have it booted from now on with `dryboot machine NAME --always`";
  return {
    problem: `image ${image} never reports that it is ready: nobody could tell a trial from a failure`,
    hint,
  };
}

const bootPath = /^v1\/machines\/([^/]+)\/boot$/;

/** What may be put, where there is a token. */
export function putAnswers(
  token: string | undefined,
  lifecycle: Lifecycle,
  served: () => Readonly<{ site: BootSite; readers?: readonly Subnet[] }>,
): Pick<HttpConfig, "put"> {
  if (token === undefined) return {};
  const allowed = (from: string) => mayRead(from, served().site.server, served().readers ?? []);
  return {
    put: (request, body) => assignOverHttp(request, body, { lifecycle, token, mayRead: allowed }),
  };
}

/** `PUT /v1/machines/NAME/boot`, from whoever may read and knows the token. */
export async function assignOverHttp(
  { path, headers, address }: HttpRequest,
  body: string,
  { lifecycle, token, mayRead }: { lifecycle: Lifecycle; token: string; mayRead(address: string): boolean },
): Promise<HttpAnswer> {
  const [, name] = bootPath.exec(path) ?? [];
  if (name === undefined) return { status: 404, text: "nothing can be put there\n" };
  if (!mayRead(address)) {
    const text = "this address may not: the site's `api.allow` names who may\n";
    return { status: 403, text, reason: `${address} is not in api.allow` };
  }
  const [, given = ""] = /^Bearer (.+)$/.exec(headers.authorization ?? "") ?? [];
  if (!sameSecret(given, token))
    return { status: 401, text: "the token is missing or wrong\n", reason: "no token" };
  const change = changeSchema.safeParse(json(body));
  if (!change.success) {
    const text =
      'expected {"next": IMAGE}, {"deploy": IMAGE}, {"slot": "back"}, {"mode": "always"|"install-once"|"local", "image": IMAGE} or {"mode": "site"}\n';
    return { status: 400, text };
  }
  const assigned = await lifecycle.assign(name, change.data, "http");
  if ("problem" in assigned) {
    const status = assigned.hint === unsavedHint ? 500 : 404;
    return { status, text: `${assigned.problem}; ${assigned.hint}\n` };
  }
  return { status: 200, text: `${JSON.stringify(assigned)}\n`, contentType: "application/json" };
}

/** In a time that tells nothing: digests are of one length, whatever was given. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
