/** Records test/corpus/ anew: boots firmware and loaders of three Debian suites until their conversation is heard. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { DrybootError, formatError } from "../src/core/errors.ts";
import { projectFolder } from "../src/core/folders.ts";
import { suggest } from "../src/core/nearest.ts";
import { formatSize } from "../src/core/units.ts";
import { fetchPackages } from "../src/host/archive.ts";
import { findQemu } from "../src/host/qemu.ts";
import { runInNamespace } from "../src/lab/namespace.ts";
import type { CorpusBoot, PackageFile } from "./corpus-boots.ts";
import { corpusBoots } from "./corpus-boots.ts";
import type { CorpusJob } from "./corpus-inside.ts";
import { requestsOnly } from "./corpus-trim.ts";
import { runBench } from "./run-bench.ts";

const folder = join(projectFolder, "test", "corpus");

await runBench({
  file: "bench/corpus.ts",
  summary: "Records what firmware and loaders ask for: one file in test/corpus/ per boot.",
  flags: z.strictObject({
    only: z
      .array(z.string())
      .optional()
      .describe("Record this boot and no other")
      .meta({ placeholder: "NAME" }),
    from: z
      .string()
      .optional()
      .describe("Boot nothing: take the requests of this capture, as the one --only name")
      .meta({ placeholder: "FILE" }),
  }),
  async run({ only, from }, terminal, signal) {
    await mkdir(folder, { recursive: true });
    if (from !== undefined) {
      const [name, another] = only ?? [];
      if (name === undefined || another !== undefined) throw wrongUsage("--from needs one --only NAME");
      terminal.out(await keep(name, await readFile(from)));
      return 0;
    }
    let failed = 0;
    for (const boot of chosen(only)) {
      terminal.err(`${boot.name}: booting`);
      try {
        terminal.out(await keep(boot.name, await record(boot, signal)));
      } catch (error) {
        if (!(error instanceof DrybootError)) throw error;
        failed += 1;
        terminal.err(formatError(error)); // the others are worth having all the same
      }
    }
    return failed === 0 ? 0 : 1;
  },
});

function chosen(only: readonly string[] | undefined): readonly CorpusBoot[] {
  if (only === undefined) return corpusBoots;
  const names = corpusBoots.map(({ name }) => name);
  return only.map((name) => {
    const boot = corpusBoots.find((one) => one.name === name);
    if (!boot) throw wrongUsage(`there is no boot \`${name}\``, suggest(name, names));
    return boot;
  });
}

async function keep(name: string, capture: Uint8Array): Promise<string> {
  const { bytes, frames } = requestsOnly(capture);
  const path = join(folder, `${name}.pcap`);
  await writeFile(path, bytes);
  return `${name}: ${frames} requests, ${formatSize(bytes.length)}`;
}

/** One boot, and all that was on its cable. */
async function record({ files, ...boot }: CorpusBoot, signal: AbortSignal): Promise<Uint8Array> {
  const scratch = await mkdtemp(join(tmpdir(), "dryboot-corpus-"));
  try {
    const capture = join(scratch, "wire.pcap");
    const found: (readonly [string, string])[] = [];
    for (const [name, file] of Object.entries(files)) found.push([name, await pathOf(file, signal)]);
    const job: CorpusJob = { boot, ...(await machineOf(boot, signal)), files: found, capture };
    const code = await runInNamespace(join(import.meta.dirname, "corpus-inside.ts"), job, { signal });
    signal.throwIfAborted();
    if (code === 0) return await readFile(capture);
    throw new DrybootError(`${boot.name} did not say what was waited for`, {
      ...{ code: "CORPUS_INCOMPLETE", where: "bench/corpus-boots.ts" },
      hint: "read what QEMU said above, and compare the boot's `until` with what this version of it does",
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function machineOf({ uefi, rom }: Omit<CorpusBoot, "files">, signal: AbortSignal) {
  const qemu = await findQemu({ signal });
  const drive = async (unit: number, file: PackageFile, how: string) =>
    `if=pflash,unit=${unit},format=raw,${how},file=${(await pathOf(file, signal)).replaceAll(",", ",,")}`;
  const firmware = uefi
    ? [
        ...[
          "-drive",
          await drive(0, uefi.code, "readonly=on"),
          "-drive",
          await drive(1, uefi.vars, "snapshot=on"),
        ],
        ...["-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"],
        // Without PXE, HTTP boot is the first that is left.
        ...(uefi.http ? ["-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"] : []),
      ]
    : [];
  // Where QEMU looks for its default ROM first. It makes that one fit the device's PCI ids, and none that is named.
  const romFolder = rom === undefined ? [] : ["-L", dirname(await pathOf(rom, signal))];
  return {
    machine: [
      ...[qemu.path, "-name", "corpus", "-nodefaults", "-no-user-config", "-display", "none"],
      ...["-machine", uefi ? "q35" : "pc", "-accel", "tcg", "-cpu", "qemu64", "-smp", "1", "-m", "512M"],
      ...["-uuid", "00112233-4455-6677-8899-aabbccddeeff", "-device", "VGA", "-device", "virtio-rng-pci"],
      ...firmware,
      ...romFolder,
    ],
    nic: `virtio-net-pci,netdev=net0,mac=52:54:00:69:00:0a,bootindex=0${rom === undefined ? ",romfile=" : ""}`,
  };
}

async function pathOf({ suite, package: name, path }: PackageFile, signal: AbortSignal): Promise<string> {
  const [fetched] = await fetchPackages([name], { suite, signal });
  if (fetched) return join(fetched.files, path);
  throw new Error(`the archive returned nothing for ${name}`);
}

function wrongUsage(what: string, hint = "see `node bench/corpus.ts --help`"): DrybootError {
  return new DrybootError(what, { code: "USAGE", where: "bench/corpus.ts", hint, exitCode: 2 });
}
