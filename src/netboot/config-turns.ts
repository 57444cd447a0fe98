import type { MachineState } from "../boot/lifecycle.ts";
import type { Plan, StateOf } from "../boot/plan.ts";

interface World {
  stateOf: StateOf;
  /** When the firmware of a machine last asked DHCP, while it boots. */
  openedAt(mac: string): number | undefined;
  /** Resolves when it is remembered that a machine has taken this turn. */
  handed(plan: Plan): Promise<void>;
}

/**
 * PXELINUX and GRUB may fetch a configuration more than once in one boot. The first time takes the machine's turn; until
 * its firmware asks DHCP anew, the others are answered by what was remembered before that.
 */
export class ConfigTurns {
  readonly #world: World;
  readonly #taken = new Map<string, Readonly<{ openedAt: number; before: MachineState }>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Of a machine, by its name and MAC. */
  stateOf(name: string, mac: string): MachineState {
    return this.#sameBoot(name, mac)?.before ?? this.#world.stateOf(name);
  }

  /** A configuration of this plan is about to be served to the machine itself. */
  async handed(plan: Plan): Promise<void> {
    const { machine } = plan;
    if (!machine || this.#sameBoot(machine.name, machine.mac)) return;
    const openedAt = this.#world.openedAt(machine.mac);
    if (openedAt === undefined) this.#taken.delete(machine.name);
    else this.#taken.set(machine.name, { openedAt, before: this.#world.stateOf(machine.name) });
    await this.#world.handed(plan);
  }

  #sameBoot(name: string, mac: string) {
    const taken = this.#taken.get(name);
    return taken && taken.openedAt === this.#world.openedAt(mac) ? taken : undefined;
  }
}
