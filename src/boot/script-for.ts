import { apiRefusal } from "./boot-api.ts";
import { bootScript, refusalScript } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import { factsScript } from "./facts-script.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { localScript } from "./local-script.ts";
import type { Loop } from "./loop.ts";
import { loopScript } from "./loop-script.ts";
import { menuScript } from "./menu-script.ts";
import { menuView } from "./menu-view.ts";
import type { Plan, StateOf } from "./plan.ts";
import { planFor } from "./plan.ts";
import { clientOfScript } from "./script-address.ts";

/** What a script depends on besides the site and who asks. */
export type ScriptContext = Readonly<{
  loop?: Loop | undefined;
  address?: string;
  stateOf?: StateOf | undefined;
}>;

/** Whether a person is asked. What was asked for this machine is not asked at it once more. */
export function showsMenu({ turn }: Plan, { menu }: BootSite): boolean {
  if (menu === undefined || turn?.boot === "local") return false;
  return !(turn?.asked || turn?.note !== undefined);
}

export const noMacInAddress = "the address of this script names no MAC";

/** The script for the client that a script's address names, by the same plan that answered its DHCP request. */
export function scriptFor(
  query: URLSearchParams,
  site: BootSite,
  images: ReadonlyMap<string, BootImage>,
  { loop, address, stateOf }: ScriptContext = {},
): string {
  const client = clientOfScript(query, address);
  if (client === undefined) return refusalScript(noMacInAddress);
  return scriptOf(planFor(client, site, loop, stateOf), site, images);
}

/** The script of a plan. */
export function scriptOf(plan: Plan, site: BootSite, images: ReadonlyMap<string, BootImage>): string {
  const { client } = plan;
  if (plan.step !== "script") return refusalScript(plan.reason);
  if (plan.loop) return loopScript(plan, plan.loop, plan.machine?.name ?? client.mac);
  const { turn } = plan;
  if (turn?.boot === "local") return localScript(plan.machine?.name ?? client.mac, turn.note);
  if (plan.ask) return factsScript(plan.dhcp.file, plan.ask, site);
  if (site.menu && showsMenu(plan, site)) return menuScript(menuView(plan, site.menu, site, images), site);
  if (plan.image === undefined) return apiRefusal(client.mac, "the boot API names nothing for it");
  const image = images.get(plan.image);
  if (image === undefined) return refusalScript(`image ${plan.image} is not in the store`);
  const note = turn?.note === undefined ? {} : { note: turn.note };
  return bootScript({ ...plan, ...note, image: plan.image }, image, site);
}
