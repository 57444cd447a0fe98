import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyWorld, fakeNixBuild, withProgram } from "./build.fixture.ts";
import { buildWithNix } from "./nix-build.ts";
import type { NixSource } from "./nix-command.ts";

const source = (configuration: string): NixSource => ({ kind: "configuration", configuration });

/** Of a program that behaves like Nix where we can see it; no Nix of this machine is asked. */
describe("a NixOS that Nix builds", () => {
  test("comes into the store, and what Nix says is passed on as it says it", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world, progress } = await emptyWorld(cleanup);
    await withProgram("nix-build", fakeNixBuild(join(folder, "nix")), { folder, cleanup });

    const files = await buildWithNix(source("/etc/node.nix"), "x86_64-linux", world);

    expect(files.map(({ name }) => name)).toEqual(["kernel", "initrd", "netboot.ipxe"]);
    const [kernel, initrd] = files;
    expect(await readFile(kernel.path, "utf8")).toBe("kernel of /etc/node.nix\n");
    expect(await readFile(initrd.path, "utf8")).toBe("initrd of /etc/node.nix\n");
    const said = progress.flatMap((one) => (one.step === "command" ? [one.says] : []));
    expect(said).toEqual(
      expect.arrayContaining([
        "these 2 derivations will be built",
        "building initrd-linux-6.12, 1 of 2",
        "building netboot.ipxe, 2 of 2",
      ]),
    );
    // The links that kept it from the garbage collector are gone.
    expect((await readdir(join(world.store, "downloads"))).filter((name) => name.startsWith(".nix"))).toEqual(
      [],
    );
  });

  test("several are built at the same time", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    // Each waits until it has seen the other: one after the other would never end.
    const meet = `
      touch "${folder}/$(basename "$configuration")"
      tries=0
      until [ -e "${folder}/one.nix" ] && [ -e "${folder}/two.nix" ]; do
        tries=$((tries + 1)); [ $tries -lt 500 ] || exit 9
        sleep 0.02
      done`;
    await withProgram("nix-build", fakeNixBuild(join(folder, "nix"), meet), { folder, cleanup });
    const built = await Promise.all(
      ["/etc/one.nix", "/etc/two.nix"].map((path) => buildWithNix(source(path), "x86_64-linux", world)),
    );
    const kernels = await Promise.all(built.map(([kernel]) => readFile(kernel.path, "utf8")));
    expect(kernels).toEqual(["kernel of /etc/one.nix\n", "kernel of /etc/two.nix\n"]);
  });

  test("that does not build ends with Nix's own words", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const body = `echo "error: file 'nixpkgs/nixos' was not found in the Nix search path" >&2; exit 1\n`;
    await withProgram("nix-build", body, { folder, cleanup });
    await expect(buildWithNix(source("/etc/node.nix"), "x86_64-linux", world)).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringContaining("was not found in the Nix search path"),
    });
  });

  test("is not taken from a wrapper that prints something else", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    await withProgram("nix-build", "echo hello\n", { folder, cleanup });
    await expect(buildWithNix(source("/etc/node.nix"), "x86_64-linux", world)).rejects.toMatchObject({
      code: "NIX_OUTPUT",
    });
  });

  test("needs Nix", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const flake = { kind: "flake", flake: `${folder}#node` } as const;
    const before = process.env["PATH"];
    cleanup.defer(() => {
      process.env["PATH"] = before;
    });
    process.env["PATH"] = folder;
    await writeFile(join(folder, "nix"), "not a program"); // not executable
    await expect(buildWithNix(flake, "x86_64-linux", world)).rejects.toMatchObject({
      code: "NIX_MISSING",
      hint: expect.stringContaining("docs/nixos.md"),
    });
  });
});
