import { alpineRules } from "./lint-alpine.ts";
import { commandLineRules } from "./lint-command-lines.ts";
import { dhcpRules } from "./lint-dhcp.ts";
import { imageRules } from "./lint-images.ts";
import { loaderReleaseRules } from "./lint-loader-releases.ts";
import { loaderRules } from "./lint-loaders.ts";
import { machineRules } from "./lint-machines.ts";
import { nixosRules } from "./lint-nixos.ts";
import type { Rule } from "./lint-rule.ts";

/** Every rule, by what it looks at. A new one is a value in one of these lists, and a section of the manual by itself. */
export const ruleGroups: readonly (readonly [about: string, rules: readonly Rule[]])[] = [
  ["Addresses and DHCP", dhcpRules],
  ["Machines", machineRules],
  ["Loaders", [...loaderRules, ...loaderReleaseRules]],
  ["Images", imageRules],
  ["Kernel command lines", commandLineRules],
  ["Alpine", alpineRules],
  ["NixOS", nixosRules],
];

export const allRules: readonly Rule[] = ruleGroups.flatMap(([, rules]) => rules);
