import type { BootApi } from "../boot/ask-boot-api.ts";
import { apiScript } from "../boot/boot-api.ts";
import { refusalScript } from "../boot/boot-script.ts";
import type { Loop, LoopWatch } from "../boot/loop.ts";
import { asksApi, planFor } from "../boot/plan.ts";
import { clientOfScript, scriptPath } from "../boot/script-address.ts";
import { noMacInAddress, scriptOf } from "../boot/script-for.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ServedSite } from "./served-site.ts";

/** What a script's answer depends on, and what it leaves behind. */
export interface ScriptWorld {
  served: ServedSite;
  /** Another boot API, where the site has one. */
  api: BootApi | undefined;
  lifecycle: Pick<Lifecycle, "stateOf" | "scriptHanded">;
  loops: LoopWatch;
  macAt(address: string): string | undefined;
  report(mac: string, loop: Loop | undefined): void;
}

/** The script for who asks; a machine that asks for its own has begun a boot by that. */
export async function scriptAnswer(
  { method, query, address }: HttpRequest,
  { served: { site, images }, api, lifecycle, loops, macAt, report }: ScriptWorld,
): Promise<string> {
  const client = clientOfScript(query, address);
  if (client === undefined) return refusalScript(noMacInAddress);
  const { mac } = client;
  const planned = (loop?: Loop) => planFor(client, site, loop, lifecycle.stateOf);
  const plan = planned();
  const fromApi = api && asksApi(plan, site) ? await apiScriptFor(mac, api, site) : undefined;
  // HEAD begins no boot.
  if (method !== "GET") return fromApi ?? scriptOf(plan, site, images);
  // Who is only asked what firmware it has comes back for its script: that is no circle.
  const asks = "ask" in plan;
  const loop = asks ? undefined : loops.scriptAsked(mac, address, scriptPath, performance.now());
  // What another API names is fetched elsewhere, unseen: a circle is told, but the machine may be getting on.
  report(mac, fromApi === undefined ? loop : loop && { ...loop, problem: elsewhere });
  if (fromApi !== undefined) return fromApi;
  if (loop) return scriptOf(planned(loop), site, images);
  const text = scriptOf(plan, site, images);
  // In another's name nothing is remembered: anybody may ask for any script.
  if (!asks && macAt(address) === mac) await lifecycle.scriptHanded(plan);
  return text;
}

/** The script of a client that another boot API knows; undefined when the usual one is its answer. */
async function apiScriptFor(
  mac: string,
  api: BootApi,
  site: ServedSite["site"],
): Promise<string | undefined> {
  const says = await api.ask(mac);
  return "boot" in says ? apiScript(says.boot, site) : undefined;
}

/** Of a machine whose script another boot API wrote. */
const elsewhere = "another boot API says what it boots, from where nobody tells us how far it comes";
