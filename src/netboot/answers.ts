import { apiBootFor, bootApiPath } from "../boot/boot-api.ts";
import type { BootSite } from "../boot/boot-site.ts";
import type { StateOf } from "../boot/plan.ts";
import { leasesView, machinesView, mayRead, restPaths } from "../boot/rest-api.ts";
import { jsonLine, printable } from "../core/printable.ts";
import type { Lease } from "../dhcp/leases.ts";
import type { HttpRequest } from "../http/request.ts";
import type { HttpAnswer } from "../http/server.ts";
import type { OpenedImage } from "../images/store.ts";
import type { Subnet } from "../wire/ipv4.ts";

/** What the REST API looks at. */
export interface RestView {
  site: BootSite;
  images: ReadonlyMap<string, OpenedImage>;
  readers: readonly Subnet[];
  leases(): readonly Lease[];
  stateOf: StateOf;
  /** What the whole server says of itself. */
  status(): object;
}

/** Answers below `/v1/`; undefined for any other path. */
export function restAnswer({ path, address }: HttpRequest, view: RestView): HttpAnswer | undefined {
  if (path.startsWith(bootApiPath)) {
    const mac = path.slice(bootApiPath.length);
    const boot = apiBootFor(mac, view.site, view.images, view.stateOf);
    if (!boot) return { status: 404, text: `${printable(mac)} is no machine that boots here\n` };
    return "refused" in boot ? { status: 404, text: `${boot.refused}\n` } : jsonAnswer(boot);
  }
  const asked = (Object.keys(restPaths) as (keyof typeof restPaths)[]).find(
    (name) => restPaths[name] === path,
  );
  if (asked === undefined) return undefined;
  if (!mayRead(address, view.site.server, view.readers)) {
    const text = "this address may not read it: the site's `api.allow` names who may\n";
    return { status: 403, text, reason: `${address} is not in api.allow` };
  }
  if (asked === "status") return jsonAnswer(view.status());
  const now = Date.now();
  return jsonAnswer(
    asked === "leases"
      ? { leases: leasesView(view.leases(), view.site, now) }
      : { machines: machinesView(view.leases(), view.site, now) },
  );
}

const jsonAnswer = (value: object): HttpAnswer => ({
  status: 200,
  text: `${jsonLine(value)}\n`,
  contentType: "application/json",
});
