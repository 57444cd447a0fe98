import type { ServedFile } from "../core/served-file.ts";
import type { HttpRequest } from "../http/request.ts";
import type { HttpAnswer } from "../http/server.ts";

/**
 * A file for one machine alone: an overlay, a key. It is served to the address whose lease is that machine's, while that
 * machine boots. One that is made when it is asked for holds secrets, and is given once in a boot.
 */
export type MachineFile = Readonly<{ for: Readonly<{ mac: string }> }> &
  Readonly<{ file: ServedFile } | { make(): Promise<ServedFile> }>;

/** Why a machine's own file is not given to an address with this owner; `closed` says why that machine does not boot. */
export function machineFileRefusal(
  { for: { mac } }: MachineFile,
  owner: string | undefined,
  closed: string | undefined,
): HttpAnswer | undefined {
  if (owner !== mac) {
    const reason = `it is for ${mac} alone, and that address belongs to ${owner ?? "nobody we know"}`;
    return { status: 403, text: "this file is for another machine\n", reason };
  }
  if (closed === undefined) return undefined;
  const reason = `it is for ${mac} while it boots: ${closed}`;
  return {
    status: 403,
    text: "this file is there only while the machine boots: switch it on anew\n",
    reason,
  };
}

/** What a machine was given of a file in the boot that began then; a fetch of an earlier boot may end in a later one. */
type Giving = { state: "being fetched" | "given"; readonly bootBegan: number | undefined };

/** Gives files that hold secrets once in each boot. A fetch that did not come to its end does not count. */
export class GivenOnce {
  readonly #givings = new Map<string, Giving>();

  /** The answer to who may have this file now, in a boot that began then. */
  async answer(
    { method, path }: Pick<HttpRequest, "method" | "path">,
    own: MachineFile,
    bootBegan: number | undefined,
  ): Promise<HttpAnswer> {
    if ("file" in own) return { file: own.file };
    if (method === "HEAD") return { file: await own.make() }; // nothing of it is sent
    const before = this.#givings.get(path);
    if (before?.bootBegan === bootBegan && before !== undefined) return refusedAgain(own.for.mac, before);
    const giving: Giving = { state: "being fetched", bootBegan };
    this.#givings.set(path, giving);
    const ended = (whole: boolean) => {
      if (whole) giving.state = "given";
      else if (this.#givings.get(path) === giving) this.#givings.delete(path);
    };
    try {
      return { file: await own.make(), ended };
    } catch (error) {
      ended(false);
      throw error;
    }
  }
}

function refusedAgain(mac: string, { state }: Giving): HttpAnswer {
  const already = state === "given" ? "was given it in this boot" : "is fetching it";
  return {
    status: 403,
    text: "this file is given once in a boot: switch the machine on anew\n",
    reason: `it holds secrets, and ${mac} ${already} already`,
  };
}
