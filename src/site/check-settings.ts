import { settingsOfMachine } from "../boot/effective-settings.ts";
import type { Path } from "../boot/settings.ts";
import { fillTemplate } from "../boot/template.ts";
import { exampleVariables, ownPrefix } from "../boot/variables.ts";
import { suggest } from "../core/nearest.ts";
import { menuCommandLines, menuValues } from "./check-menu.ts";
import { levelsOf } from "./levels.ts";
import type { Mistake } from "./mistake.ts";
import { bootOf } from "./resolve.ts";
import type { Site } from "./schema.ts";

/** Whether the site has the images that its settings name. */
export function checkImages(site: Site): Mistake[] {
  const { images, defaultImage, defaults } = site;
  const uses: [Path, string | undefined][] = [
    [["defaultImage"], defaultImage],
    ...levelsOf(site).map(([path, { image }]): [Path, string | undefined] => [[...path, "image"], image]),
  ];
  const names = Object.keys(images);
  const unknown = uses.flatMap(([path, name]): Mistake[] => {
    if (name === undefined || names.includes(name)) return [];
    return [{ path, says: `is "${name}": there is no such name in \`images\``, hint: suggest(name, names) }];
  });
  if (defaultImage === undefined || defaults.image === undefined) return unknown;
  const says = "says the same as `defaultImage`, and only one of them can count";
  return [...unknown, { path: ["defaults", "image"], says, hint: "keep one of them" }];
}

type Line = Readonly<{ path: Path; template: string }>;

const lineAt = (path: Path, template: string | undefined): Line[] =>
  template === undefined ? [] : [{ path, template }];

/** Whether the site has what its command lines refer to; one line alone is looked at by the schema. */
export function checkCommandLines(site: Site): Mistake[] {
  const { domain } = site.network;
  const levels = levelsOf(site);
  const texts = levels.flatMap(([path, { variables = {} }]) =>
    Object.entries(variables).map(([name, template]): [string, Line] => [
      name,
      { path: [...path, "variables", name], template },
    ]),
  );
  const own = new Map(texts.map(([name]) => [name, ""]));
  const lines = [
    ...Object.entries(site.images).flatMap(([name, { commandLine, replaceCommandLine }]) => [
      ...lineAt(["images", name, "commandLine"], commandLine),
      ...lineAt(["images", name, "replaceCommandLine"], replaceCommandLine),
    ]),
    ...levels.flatMap(([path, { commandLine }]) => lineAt([...path, "commandLine"], commandLine)),
    ...menuCommandLines(site.menu).flatMap(([path, line]) => lineAt(path, line)),
  ];
  const choices = new Set(Object.keys(site.menu?.choices ?? {}));
  const problems = (line: Line, known: ReadonlyMap<string, string>, choices: ReadonlySet<string>) =>
    fillTemplate(line.template, exampleVariables(domain, known, choices)).problems.map(
      ({ in: word, says, hint }): Mistake => ({
        path: line.path,
        says: `holds ${JSON.stringify(word)}, which ${says}`,
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  // A text of the site's may not hold another one: each is looked at as if there were no other.
  const values = menuValues(site.menu).flatMap(([path, value]) => lineAt(path, value));
  const found = [
    ...lines.flatMap((line) => problems(line, own, choices)),
    ...values.flatMap((line) => problems(line, own, new Set())), // a choice holds no other one
    ...texts.flatMap(([, line]) => problems(line, new Map(), choices)),
  ];
  return found.length > 0 ? found : checkMissing(site, lines);
}

/** Texts that are set somewhere, but not for a machine whose command line needs them. */
function checkMissing(site: Site, lines: readonly Line[]): Mistake[] {
  const needs = new Map(lines.map(({ path, template }) => [JSON.stringify(path), namesIn(template)]));
  const boot = bootOf(site, 80);
  return boot.machines.flatMap((machine) => {
    const { image, commandLine, variables } = settingsOfMachine(machine, boot);
    const ofImage = ["commandLine", "replaceCommandLine"].map((key) => ["images", image?.value ?? "", key]);
    return [...ofImage, ...commandLine.map(({ path }) => path)].flatMap((path) =>
      (needs.get(JSON.stringify(path)) ?? []).flatMap((name): Mistake[] => {
        if (variables.has(name)) return [];
        const says = `holds "{${ownPrefix}${name}}", which nothing sets for ${machine.name}`;
        return [{ path, says, hint: `set it for all in \`defaults.variables.${name}\`` }];
      }),
    );
  });
}

function namesIn(template: string): string[] {
  return [...template.matchAll(/\{var\.([a-z0-9-]+)\}/g)].map(([, name = ""]) => name);
}
