import type { BootMachine, BootSite } from "../../boot/boot-site.ts";
import type { Effective } from "../../boot/effective-settings.ts";
import { settingsOfMachine } from "../../boot/effective-settings.ts";
import { formatPath } from "../../core/place.ts";
import type { RenderedLayer } from "./merge-layers.ts";
import { mergeLayers } from "./merge-layers.ts";
import type { OverlayTree } from "./overlay.ts";
import type { Layer } from "./read-layer.ts";
import { readLayer } from "./read-layer.ts";
import { renderFile, variablesOfMachine } from "./template-file.ts";

/** What is laid over the image of one machine. */
export type MachineOverlay = Readonly<{ machine: BootMachine; tree: OverlayTree }>;

/** The overlays of a site's machines, of those that have one: each layer is read once, however many machines share it. */
export class SiteOverlays {
  readonly #site: BootSite;
  readonly #layers = new Map<string, Promise<Layer>>();

  constructor(site: BootSite) {
    this.#site = site;
  }

  async all(): Promise<MachineOverlay[]> {
    const overlays: MachineOverlay[] = [];
    for (const machine of this.#site.machines) {
      const tree = await this.of(machine);
      if (tree) overlays.push({ machine, tree });
    }
    return overlays;
  }

  /** The overlay of this machine, its templates filled in; undefined where no level of the site gives it one. */
  async of(machine: BootMachine): Promise<OverlayTree | undefined> {
    const settings = settingsOfMachine(machine, this.#site);
    if (settings.overlays.length === 0) return undefined;
    const layers: RenderedLayer[] = [];
    for (const { value, path } of settings.overlays) {
      const layer = await this.#layer(value, formatPath(path.slice(0, -1)));
      layers.push(this.#rendered(layer, machine, settings));
    }
    return mergeLayers(layers);
  }

  #layer(folder: string, name: string): Promise<Layer> {
    const key = `${name}\0${folder}`;
    const layer = this.#layers.get(key) ?? readLayer(folder, name);
    this.#layers.set(key, layer);
    return layer;
  }

  #rendered(layer: Layer, machine: BootMachine, { image, variables: own }: Effective): RenderedLayer {
    const { http, server, domain } = this.#site;
    const { name, mac, uuid, ip } = machine;
    const variables = variablesOfMachine(
      {
        ...{ http, server, name, mac },
        ...(domain === undefined ? {} : { domain }),
        ...(uuid === undefined ? {} : { uuid }),
        ...(ip === undefined ? {} : { ip }),
        ...(image === undefined ? {} : { image: image.value }),
      },
      new Map([...own].map(([key, { value }]) => [key, value])),
    );
    const entries = layer.entries.map((entry) => {
      if (entry.kind !== "file") return entry;
      const { bytes, template, ...common } = entry;
      const content = template === undefined ? [bytes] : renderFile(bytes, variables, template);
      return { ...common, content };
    });
    return { ...layer, entries };
  }
}
