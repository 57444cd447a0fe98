import type { BootSite } from "./boot-site.ts";
import type { Line } from "./ipxe/script.ts";
import type { Word } from "./ipxe/words.ts";
import { choiceBegins, variablesOf } from "./kernel-command-line.ts";
import type { ImagePlan } from "./plan.ts";
import { set } from "./script-lines.ts";
import { fillTemplate } from "./template.ts";
import { choiceSetting } from "./variables.ts";

/** The setting that holds what is shown of a choice, and the one that remembers where it was picked. */
export const shownSetting = (name: string): string => `shown-${name}`;
export const cursorSetting = (name: string): string => `cursor-${name}`;

type AnyPlan = Omit<ImagePlan, "image">;

/** Sets every choice to what it begins with, for a script of a site with a menu that shows none. */
export function choicesUnasked(plan: AnyPlan, site: BootSite): Line[] {
  return [...(site.menu?.choices ?? [])].map(([name, choice]) =>
    set(choiceSetting(name), ...choiceWords(choiceBegins(name, choice, plan), plan, site)),
  );
}

/** A value of a choice with its variables filled in. It is set before it is known what is booted. */
export function choiceWords(template: string, plan: AnyPlan, site: BootSite): readonly Word[] {
  return fillTemplate(template, variablesOf({ ...plan, image: "" }, site)).words;
}
