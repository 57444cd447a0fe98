import { apiRefusal } from "./boot-api.ts";
import { bootScript, refusalScript } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import { factsScript } from "./facts-script.ts";
import type { BootImage } from "./kernel-command-line.ts";
import type { Loop } from "./loop.ts";
import { loopScript } from "./loop-script.ts";
import { menuScript } from "./menu-script.ts";
import { menuView } from "./menu-view.ts";
import { planFor } from "./plan.ts";
import { clientOfScript } from "./script-address.ts";

/** The script for the client that a script's address names, by the same plan that answered its DHCP request. */
export function scriptFor(
  query: URLSearchParams,
  site: BootSite,
  images: ReadonlyMap<string, BootImage>,
  { loop, address }: Readonly<{ loop?: Loop | undefined; address?: string }> = {},
): string {
  const client = clientOfScript(query, address);
  if (client === undefined) return refusalScript("the address of this script names no MAC");
  const plan = planFor(client, site, loop);
  if (plan.step !== "script") return refusalScript(plan.reason);
  if (plan.loop) return loopScript(plan, plan.loop, plan.machine?.name ?? client.mac);
  if (plan.ask) return factsScript(plan.dhcp.file, plan.ask);
  if (site.menu) return menuScript(menuView(plan, site.menu, site, images), site);
  if (plan.image === undefined) return apiRefusal(client.mac, "the boot API names nothing for it");
  const image = images.get(plan.image);
  if (image === undefined) return refusalScript(`image ${plan.image} is not in the store`);
  return bootScript({ ...plan, image: plan.image }, image, site);
}
