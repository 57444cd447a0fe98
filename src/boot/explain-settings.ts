import { formatPath } from "../core/place.ts";
import type { Effective } from "./effective-settings.ts";
import type { Given } from "./settings.ts";
import { singleSettings } from "./settings.ts";

/** One setting of a client, and which place of the site file gave it. */
export type ShownSetting = Readonly<{ setting: string; value: string; from: string }>;

/** All that the site says to a client, least specific first where several places add to one setting. */
export function shownSettings(settings: Effective): ShownSetting[] {
  const { commandLine, overlays, variables, choices } = settings;
  const shown = (setting: string, given: Given<unknown>): ShownSetting => ({
    setting,
    value: Array.isArray(given.value) ? given.value.join(" ") : String(given.value),
    from: placeOf(given),
  });
  return [
    ...singleSettings.flatMap((key) => {
      const given = settings[key];
      return given === undefined ? [] : [shown(key, given)];
    }),
    ...commandLine.map((given) => shown("commandLine", given)),
    ...overlays.map((given) => shown("overlay", given)),
    ...[...variables].map(([name, given]) => shown(`{var.${name}}`, given)),
    ...[...choices].map(([name, given]) => shown(`{choice.${name}}`, given)),
  ];
}

/** `rules[0].set.image`, and who uses it when it is a group's. */
export function placeOf({ path, usedBy }: Given<unknown>): string {
  return formatPath(path) + (usedBy === undefined ? "" : `, used by ${formatPath(usedBy)}`);
}
