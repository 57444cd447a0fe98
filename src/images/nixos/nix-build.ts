import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { run } from "../../core/child.ts";
import { DrybootError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { findProgram } from "../../host/packages.ts";
import type { FetchWorld } from "../recipe.ts";
import type { NixosFiles } from "./folder.ts";
import { bringLocal } from "./local-files.ts";
import type { NixSource } from "./nix-command.ts";
import { NixProgress, nixCommand, nixOutputs } from "./nix-command.ts";
import type { NixosSystem } from "./source.ts";

/** Has Nix build a system, and brings into the store what a machine needs of it. */
export async function buildWithNix(
  source: NixSource,
  system: NixosSystem,
  world: FetchWorld,
): Promise<NixosFiles> {
  const downloads = join(world.store, "downloads");
  await mkdir(downloads, { recursive: true });
  // What the links in it keep is kept until it has been copied.
  const links = await mkdtemp(join(downloads, ".nix-"));
  try {
    const [program, args] = nixCommand(source, system, join(links, "result"));
    const where = source.kind === "flake" ? source.flake : source.configuration;
    if (findProgram(program) === undefined) throw noNix(program, where);
    const progress = new NixProgress();
    const printed = await run(program, args, {
      ...(world.signal === undefined ? {} : { signal: world.signal }),
      onLine: (line) => {
        const plain = stripVTControlCharacters(line); // Nix colours its errors, whoever reads them
        const says = progress.read(plain) ?? plain;
        world.onProgress?.({ step: "command", program, says: printable(says) });
      },
      hint: "what Nix said above names the file and the line; where it finds no nixpkgs, NIX_PATH says where they are, or take a flake",
    });
    const out = nixOutputs(printed);
    if (out === undefined) throw oddOutput(program, printed, where);
    return [
      await bringLocal([join(out.kernel, "bzImage"), join(out.kernel, "Image")], "kernel", world),
      await bringLocal([join(out.ramdisk, "initrd")], "initrd", world),
      await bringLocal([join(out.script, "netboot.ipxe")], "netboot.ipxe", world),
    ];
  } finally {
    await rm(links, { recursive: true, force: true });
  }
}

function noNix(program: string, where: string): DrybootError {
  return new DrybootError(`${program} is not installed, and builds this NixOS`, {
    code: "NIX_MISSING",
    where,
    hint: 'install Nix, or take what another machine has built: `from` may be a folder, or "release" (docs/nixos.md)',
    exitCode: 2,
  });
}

function oddOutput(program: string, printed: string, where: string): DrybootError {
  return new DrybootError(`${program} printed no three paths of what it has built`, {
    code: "NIX_OUTPUT",
    where,
    evidence: printed.split("\n").slice(0, 5).map(printable),
    hint: "run it by hand and look: a wrapper in front of Nix may print words of its own",
  });
}
