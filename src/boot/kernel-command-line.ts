import { DrybootError } from "../core/errors.ts";
import { overlayPath, readyPath } from "./boot-paths.ts";
import type { BootSite } from "./boot-site.ts";
import { joinCommandLines } from "./command-line.ts";
import type { Word } from "./ipxe/words.ts";
import { printWord, wordsOf } from "./ipxe/words.ts";
import type { MenuChoice } from "./menu.ts";
import { nixosProblem } from "./nixos-words.ts";
import type { ImagePlan } from "./plan.ts";
import type { Variables } from "./template.ts";
import { fillTemplate } from "./template.ts";
import { choiceSetting, variablesFor } from "./variables.ts";

/** What the script must know of a built image; an image's manifest says it. */
export interface BootImage {
  kernel: Readonly<{ name: string }>;
  initrds: readonly Readonly<{ name: string }>[];
  /** The image's own: a template, as the site's are. */
  commandLine: string;
}

/** x86 Linux drops what is longer, and iPXE does so without a word (`COMMAND_LINE_SIZE`, one byte for the NUL). */
const longestCommandLine = 2047;
/** What the kernel reads besides the words a site or an image gives: on EFI, iPXE puts the image's name in front. */
const added = "kernel  BOOTIF=01-00-00-00-00-00-00";

/** iPXE's name for the MAC that boots, with hyphens. */
export const bootNic = "netX/mac:hexhyp";

/** The value with which a choice begins on this machine. */
export function choiceBegins(
  name: string,
  choice: MenuChoice,
  { settings }: Pick<ImagePlan, "settings">,
): string {
  return settings.choices.get(name)?.value ?? choice.default;
}

/** What a menu's choices are before anybody has made them, by their settings: for whoever is shown no menu. */
export function choicesBefore(plan: ImagePlan, site: BootSite): Readonly<Record<string, string | undefined>> {
  const variables = variablesOf(plan, site);
  const values = [...(site.menu?.choices ?? [])].map(([name, choice]) => {
    const { words } = fillTemplate(choiceBegins(name, choice, plan), variables);
    const text = words.every((word) => typeof word === "string") ? words.join(" ") : undefined;
    return [choiceSetting(name), text];
  });
  return Object.fromEntries(values) as Record<string, string | undefined>;
}

/** The kernel command line as iPXE passes it on. */
export function kernelCommandLine(plan: ImagePlan, image: BootImage, site: BootSite): Word[] {
  // The EFI stub before Linux 5.7 finds its initrds by these names; a BIOS boot ignores them.
  return [...image.initrds.map(({ name }) => `initrd=${name}`), ...anyLoadersCommandLine(plan, image, site)];
}

/**
 * The same without iPXE: what only iPXE knows of the machine cannot be said then, but for the MAC that boots and the
 * address that asks.
 */
export function plainCommandLine(
  plan: ImagePlan,
  image: BootImage,
  site: BootSite,
  address: string | undefined,
): string[] {
  const known: Readonly<Record<string, string | undefined>> = {
    [bootNic]: plan.client.mac.replaceAll(":", "-"),
    "netX/ip": address,
    uuid: plan.client.uuid,
    ...choicesBefore(plan, site),
  };
  return anyLoadersCommandLine(plan, image, site).flatMap((word) => {
    if (typeof word === "string") return [word];
    const pieces = word.map((piece) => {
      if (typeof piece === "string") return piece;
      const value = known[piece.setting];
      if (value === undefined) {
        throw badCommandLine(plan.image, `only iPXE knows \`${piece.setting}\`, and this is another loader`);
      }
      return value;
    });
    return wordsOf(pieces.join("")); // a choice may hold several words, or none
  });
}

function anyLoadersCommandLine(plan: ImagePlan, image: BootImage, site: BootSite): Word[] {
  const use = site.images.get(plan.image);
  const { settings } = plan;
  const variables = variablesOf(plan, site, new Set(site.menu?.choices.keys()));
  const filled = [
    use?.replaceCommandLine ?? (settings.console ? withoutConsoles(image.commandLine) : image.commandLine),
    use?.commandLine ?? "",
    plan.entryCommandLine ?? "",
    ...settings.commandLine.map(({ value }) => value),
    ...(settings.console?.value ?? []).map((device) => `console=${device}`),
  ].map((template) => fillTemplate(template, variables));
  const [problem] = filled.flatMap(({ problems }) => problems);
  if (problem) throw badCommandLine(plan.image, `${JSON.stringify(problem.in)} ${problem.says}`);
  const words = joinCommandLines(...filled.map((line) => line.words));
  checkNixos(plan.image, image, words);
  const ours = [
    ...(use?.reportsReady ? [`dryboot.ready=${site.http}/${readyPath}`] : []),
    ...(use?.readsApkovl ? overlayWords(plan, words, site) : []),
    ...(mustReturn(plan, words) ? [returnsAfterPanic] : []),
  ];
  const names = image.initrds.map(({ name }) => `initrd=${name}`);
  checkLength(plan.image, [...names, ...ours, ...words].map(printWord).join(" ").length + added.length);
  // The NIC that booted: 01 is Ethernet's hardware type (PXELINUX's convention, read by Alpine, Debian and dracut).
  return [...ours, ["BOOTIF=01-", { setting: bootNic }], ...words];
}

/** Where the machine's overlay is, unless the site says it in its own words. */
function overlayWords(
  { machine, settings }: ImagePlan,
  words: readonly Word[],
  { http, keepsStates }: BootSite,
): string[] {
  if (!machine || (settings.overlays.length === 0 && !keepsStates)) return [];
  const named = words.some((word) => String(typeof word === "string" ? word : word[0]).startsWith("apkovl="));
  return named ? [] : [`apkovl=${http}/${overlayPath(machine.mac)}`];
}

/** What a setting of iPXE's holds is not known here; no word that counts is made of one. */
function checkNixos(name: string, { commandLine }: BootImage, words: readonly Word[]): void {
  const texts = words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)));
  const problem = nixosProblem(texts, commandLine);
  if (problem) throw badCommandLine(name, problem.says, problem.fix);
}

/** Seconds. A kernel that panics early counts them with a clock that a busy host has misled: there they take many times as long. */
const returnsAfterPanic = "panic=3";

/** A trial that ends in a panic comes back by itself, for the image before it. */
function mustReturn({ turn }: ImagePlan, words: readonly Word[]): boolean {
  if (turn?.boot !== "image" || turn.mode !== "trial") return false;
  return !words.some((word) => typeof word === "string" && word.startsWith("panic="));
}

/** `length` counts all that the kernel will read, what a loader adds included. */
export function checkLength(image: string, length: number): void {
  if (length <= longestCommandLine) return;
  throw badCommandLine(image, `it is ${length} bytes long and Linux reads ${longestCommandLine}`);
}

/** An image's own line for a site that names the consoles: it means those and no others. */
export function withoutConsoles(commandLine: string): string {
  return wordsOf(commandLine)
    .filter((word) => !word.startsWith("console="))
    .join(" ");
}

/** All that a template may refer to in this boot. */
export function variablesOf(
  { client, machine, image, settings }: ImagePlan,
  { http, server, domain }: BootSite,
  choices?: ReadonlySet<string>,
): Variables {
  const { mac, uuid, architectures } = client;
  const known = {
    ...{ http, server, image, mac, architectures },
    name: machine?.name ?? mac.replaceAll(":", "-"),
    ...(domain === undefined ? {} : { domain }),
    ...(uuid === undefined ? {} : { uuid }),
  };
  const own = new Map([...settings.variables].map(([name, { value }]) => [name, value]));
  return variablesFor(known, own, choices);
}

export function badCommandLine(
  image: string,
  problem: string,
  hint = "change a `commandLine` in the site file: the image's, a rule's or the machine's",
): DrybootError {
  return new DrybootError(`the kernel command line of image ${image} cannot be passed on: ${problem}`, {
    code: "COMMAND_LINE",
    where: `image ${image}`,
    hint,
  });
}
