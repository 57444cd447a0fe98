import { readFile } from "node:fs/promises";
import { overlayPath } from "../boot/boot-paths.ts";
import type { BootSite } from "../boot/boot-site.ts";
import type { ServedFile } from "../core/served-file.ts";
import { openServed } from "../core/served-file.ts";
import type { Recorder } from "../core/timeline.ts";
import type { StateFacts } from "../images/state/facts.ts";
import type { StatePolicy } from "../images/state/history.ts";
import { currentOf } from "../images/state/history.ts";
import { layered } from "../images/state/layer-state.ts";
import { groundLayer, pushLayer } from "../images/state/push-layer.ts";
import { stateToken } from "../images/state/state-token.ts";
import type { StateKeeping } from "./state-push.ts";

/** What decides what a machine that boots is handed. */
export interface HandWorld extends StateKeeping {
  policy: StatePolicy;
  site: BootSite;
  timeline: Recorder<StateFacts>;
}

/** The machine whose overlay this path is. */
export function overlayOwner(
  path: string,
  { machines }: BootSite,
): { name: string; mac: string } | undefined {
  return machines.find(({ mac }) => overlayPath(mac) === path);
}

/** What stands for the overlay of a machine to which the site gives none. */
export const noOverlay: ServedFile = { bytes: new Uint8Array(), sizeBytes: 0 };

/**
 * What a machine keeps of itself, under what the site lays over it: whatever the site says counts, and what it does not
 * speak of is as the machine left it. Above both is what it needs to hand in its state.
 */
export async function handedState(
  overlay: ServedFile,
  machine: { name: string; mac: string },
  { histories, secret, policy, site, timeline }: HandWorld,
): Promise<ServedFile> {
  const { name, mac } = machine;
  const history = await histories.of(name);
  const version = currentOf(history, policy.handOut);
  const state = version && (await readFile(histories.pathOf(name, version)));
  const given = overlay === noOverlay ? undefined : await bytesOf(overlay);
  const bytes = await layered(
    [
      await groundLayer({ alone: !state && !given }),
      ...(state ? [state] : []),
      ...(given ? [given] : []),
      await pushLayer({
        url: `${site.http}/v1/state/${name}.apkovl.tar.gz`,
        token: stateToken(secret, machine, history.tokensRevoked),
      }),
    ],
    // A state says itself what is started, the usual services among it; to say it again would start what was stopped.
    state ? ["etc/.default_boot_services"] : [],
  );
  if (version) timeline.record("state.handed-out", { machine: name, mac, version: version.number });
  return { bytes, sizeBytes: bytes.length, contentType: "application/gzip" };
}

async function bytesOf(file: ServedFile): Promise<Uint8Array> {
  if ("bytes" in file) return file.bytes;
  await using handle = await openServed(file);
  return await handle.readFile();
}
