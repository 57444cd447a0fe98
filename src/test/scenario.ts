import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "vitest";
import { menuImages } from "../boot/menu.ts";
import { DrybootError, formatError } from "../core/errors.ts";
import { projectFolder } from "../core/folders.ts";
import type { Fact } from "../core/timeline.ts";
import { Timeline } from "../core/timeline.ts";
import { findSiteLoaders, wantedLoaders } from "../images/loader-files.ts";
import { mirrorsOf } from "../images/mirrors.ts";
import { recipeFor } from "../images/recipes.ts";
import type { OpenedImage } from "../images/store.ts";
import { directKernelFor } from "../lab/direct-kernel.ts";
import type { BootFacts } from "../lab/facts.ts";
import { Lab } from "../lab/lab.ts";
import { labMirrors } from "../lab/lab-mirrors.ts";
import type { LanHost } from "../lab/lan-host.ts";
import type { LaneName } from "../lab/lanes.ts";
import type { Machine } from "../lab/machine.ts";
import { userlandReady } from "../lab/userland.ts";
import { overlayFiles } from "../netboot/overlay-files.ts";
import type { Netboot } from "../netboot.ts";
import { checkedSite, loadSite } from "../site/load.ts";
import type { ResolvedSite } from "../site/resolve.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import { fileRoles } from "../trace/file-roles.ts";
import type { Phase, RoleOf } from "../trace/phase.ts";
import { PhaseTracker } from "../trace/phase-tracker.ts";
import { standsIn } from "../trace/transactions.ts";
import type { WhatRan } from "../trace/what-ran.ts";
import { whatRan } from "../trace/what-ran.ts";
import type { DifferencePictures } from "./reference-screen.ts";
import {
  compareScreen,
  loadReference,
  referenceMissing,
  screenDiffers,
  writeDifference,
  writeReference,
} from "./reference-screen.ts";
import type { ScenarioHost } from "./scenario-host.ts";
import { readScenarioHost } from "./scenario-host.ts";

/** Vitest's `test` with a lab that is torn down whatever happens. */
export const scenario = test.extend("lab", async ({ task, signal, onTestFailed }, { onCleanup }) => {
  // Vitest prints an error's message; where it happened, what was seen and what to do next are as much worth.
  onTestFailed(({ task: { result } }) => {
    for (const error of result?.errors ?? []) process.stderr.write(detailsOf(error));
  });
  const lab = new ScenarioLab(task.name, signal);
  onCleanup(() => lab[Symbol.asyncDispose]());
  return lab;
});

/** Vitest hands errors over as data. */
function detailsOf(error: object): string {
  const { message, code, where, hint, evidence } = error as Partial<DrybootError>;
  if (message === undefined || !code || !where || !hint) return "";
  const told = new DrybootError(message, { code, where, hint, ...(evidence ? { evidence } : {}) });
  return `\n${formatError(told)}\n`;
}

/** A lab as a scenario's author sees it: a site by name, machines by name, steps, and the facts. */
export class ScenarioLab implements AsyncDisposable {
  readonly timeline = new Timeline<BootFacts>();
  readonly #title: string;
  readonly #signal: AbortSignal;
  readonly #machines: Machine[] = [];
  readonly #trackers = new Map<string, PhaseTracker>();
  #lab: Lab | undefined;
  #open:
    | {
        lab: Lab;
        site: ResolvedSite;
        images: ReadonlyMap<string, OpenedImage>;
        netboot: Netboot;
        roleOf: RoleOf;
      }
    | undefined;

  constructor(title: string, signal: AbortSignal) {
    this.#title = title;
    this.#signal = signal;
  }

  /** Opens a segment with the servers of a site on it; `change` edits the site first. */
  async netboot(name: string, change: (site: Site) => unknown = (site) => site): Promise<Netboot> {
    const host = await readScenarioHost();
    const { site: loaded } = await loadSite(name);
    const edited = checkedSite(change(loaded), `site of the scenario "${this.#title}"`);
    const site = resolveSite(edited);
    const offered = new Set(menuImages(site.boot.menu));
    const images = [...site.choices].flatMap(([name, choice]) => {
      const recipe = recipeFor(choice);
      const image = host.images[recipe.name];
      if (image) return [[name, image] as const];
      if (offered.has(name)) return []; // greyed in the menu, as on any host that has not built it
      throw new Error(
        `the image ${recipe.name} was not built: skip what boots it where its lane does not run`,
      );
    });
    const loaders = await findSiteLoaders(wantedLoaders(site.boot), {
      store: host.store,
      signal: this.#signal,
    });
    const roleOf = fileRoles(images, loaders.keys());
    this.#track(site, roleOf);
    const lab = await this.#openLab(site, host, roleOf);
    this.#lab = lab; // from here it is put away, also when its servers do not start
    const netboot = await lab.netboot({
      site: site.boot,
      dhcp: site.dhcp,
      dns: site.dns,
      syslog: site.syslog,
      tftp: site.tftp,
      images: new Map(images),
      loaders,
      machineFiles: await overlayFiles(site.boot),
      mirrors: labMirrors(mirrorsOf(edited)),
    });
    this.#open = { lab, site, images: new Map(images), netboot, roleOf };
    return netboot;
  }

  /** Plugs in a machine of the site, switched off. `direct`: QEMU loads what the site gives it, without the network. */
  async machine(
    name: string,
    { lane, direct = false }: { lane: LaneName; direct?: boolean },
  ): Promise<Machine> {
    const { lab, site, images } = this.#opened();
    const known = this.#machineOf(name);
    const loaded = direct && (await directKernelFor(known, { boot: site.boot, images }, lab.folder.path));
    const machine = await lab.machine({ ...known, lane, ...(loaded && { direct: loaded }) });
    this.#machines.push(machine);
    return machine;
  }

  /** Why this host cannot run a lane; undefined when it can. */
  async whyNot(lane: LaneName): Promise<string | undefined> {
    return (await readScenarioHost()).notHere[lane];
  }

  /** Why machines reach no copy of a package mirror here; undefined when they do. */
  async whyNoMirror(name: "alpine"): Promise<string | undefined> {
    const { mirrors } = await readScenarioHost();
    return mirrors.some(([known]) => known === name)
      ? undefined
      : `needs a folder with a copy of the ${name} mirror: DRYBOOT_${name.toUpperCase()}_MIRROR names it`;
  }

  /** Why a scenario that takes many minutes is not run; undefined when it was asked for. */
  async whyNotHeavy(): Promise<string | undefined> {
    return (await readScenarioHost()).heavy ? undefined : "takes many minutes: ./dryboot test --heavy";
  }

  /** Plugs in a host that is no virtual machine, for programs of this machine. */
  async host(card?: Parameters<Lab["host"]>[0]): Promise<LanHost> {
    return await this.#opened().lab.host(card);
  }

  /** Waits until a machine's image is up: a login prompt, an installer's first question. */
  async isUp(machine: Machine, deadline = "90s"): Promise<void> {
    const { image } = this.#machineOf(machine.name);
    const choice = this.#opened().site.choices.get(image ?? "");
    if (choice === undefined) throw new Error(`${machine.name} boots nothing`);
    await machine.isUp(userlandReady[choice.recipe], deadline);
  }

  async step<T>(sentence: string, work: () => Promise<T>): Promise<T> {
    return await this.#opened().lab.step(sentence, work);
  }

  facts<T extends keyof BootFacts>(type: T): Extract<Fact<BootFacts>, { type: T }>[] {
    return this.timeline.facts(type);
  }

  /** The phases of a machine's boot so far. */
  phases(machine: Machine): Phase[] {
    return this.#trackers.get(machine.name)?.phases() ?? [];
  }

  /** Who asked for a machine and what it was given, whatever the lane was meant to run. */
  whatRan(machine: Machine): WhatRan {
    const { roleOf } = this.#opened();
    return whatRan(this.timeline.facts(), this.#machineOf(machine.name), roleOf);
  }

  /**
   * Holds a machine's screen against `scenarios/screens/NAME.png`, again and again until it is as there or three seconds
   * have passed: a screen in the middle of being drawn is no difference. What `mayDiffer` describes does not count.
   */
  async looksLike(machine: Machine, name: string, mayDiffer: readonly RegExp[] = []): Promise<void> {
    const { lab } = this.#opened();
    const { updateScreens } = await readScenarioHost();
    let frame = await machine.display.look();
    const reference = await loadReference(name, (picture) => machine.display.read(picture));
    let compared = reference && compareScreen(reference, frame, mayDiffer);
    for (let tries = 0; compared?.differentPixels !== 0 && tries < 12; tries++) {
      await sleep(250, undefined, { signal: this.#signal });
      frame = await machine.display.look();
      compared = reference && compareScreen(reference, frame, mayDiffer);
    }
    const record = (differentPixels: number, pictures?: DifferencePictures) =>
      this.timeline.record("screen.compared", {
        ...{ machine: machine.name, reference: name, differentPixels },
        ...(pictures ? { pictures } : {}),
      });
    if (compared?.differentPixels === 0) return record(0);
    if (updateScreens) return await writeReference(name, frame);
    if (reference === undefined || compared === undefined) {
      throw referenceMissing(machine.name, name, frame.file);
    }
    const pictures = await writeDifference(reference, frame, compared, (file) => lab.folder.file(file));
    record(compared.differentPixels, pictures);
    throw screenDiffers(machine.name, reference, frame, compared, pictures);
  }

  /** The last look at every screen is kept, whether the scenario passed or not. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.#machines) await this.#lab?.screenshot(machine);
    await this.#lab?.[Symbol.asyncDispose]();
  }

  #track(site: ResolvedSite, roleOf: RoleOf): void {
    for (const machine of site.machines) this.#trackers.set(machine.name, new PhaseTracker(machine, roleOf));
    this.timeline.subscribe((fact) => {
      for (const tracker of this.#trackers.values()) tracker.feed(fact);
    });
  }

  async #openLab(site: ResolvedSite, { lanes }: ScenarioHost, roleOf: RoleOf): Promise<Lab> {
    const macs = new Map(site.machines.map(({ name, mac }) => [name, mac]));
    const folder = join(projectFolder, "reports/scenarios", this.#title.replaceAll(/[^A-Za-z0-9]+/g, "-"));
    await rm(folder, { recursive: true, force: true });
    return await Lab.open(
      {
        site: site.name,
        address: `${site.boot.server}/${site.dhcp.subnet.prefixLength}`,
        lanes,
        folder,
        about: {
          scenario: this.#title,
          site: site.name,
          ran: Object.fromEntries(Object.entries(lanes).map(([lane, { ran }]) => [lane, ran])),
        },
      },
      {
        timeline: this.timeline,
        signal: this.#signal,
        stands: (name) =>
          standsIn(this.timeline.facts(), { name, mac: macs.get(name) ?? "" }, roleOf, this.timeline.now()),
        phase: (name) => this.#trackers.get(name)?.current()?.phase ?? "power-on",
      },
    );
  }

  #machineOf(name: string) {
    const found = this.#opened().site.machines.find((machine) => machine.name === name);
    if (found) return found;
    throw new Error(`the site has no machine ${name}`);
  }

  #opened() {
    if (this.#open) return this.#open;
    throw new Error("open a site first: await lab.netboot(...)");
  }
}
