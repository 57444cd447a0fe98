import type { BootSite } from "./boot-site.ts";
import type { Word } from "./ipxe/words.ts";
import { variablesOf } from "./kernel-command-line.ts";
import type { ScriptPlan } from "./plan.ts";
import { fillTemplate } from "./template.ts";

/** The setting that holds what is shown of a choice, and the one that remembers where it was picked. */
export const shownSetting = (name: string): string => `shown-${name}`;
export const cursorSetting = (name: string): string => `cursor-${name}`;

/** A value of a choice with its variables filled in. It is set before it is known what is booted. */
export function choiceWords(template: string, plan: ScriptPlan, site: BootSite): readonly Word[] {
  return fillTemplate(template, variablesOf({ ...plan, image: "" }, site)).words;
}
