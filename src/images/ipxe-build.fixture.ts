import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The smallest PE file that says which processor it is for, with some text in it. */
export function efiProgram(machine: number, text = "", subsystem = 10): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.write("MZ", 0, "latin1");
  bytes.writeUInt32LE(128, 60);
  bytes.write("PE\0\0", 128, "latin1");
  bytes.writeUInt16LE(machine, 132);
  bytes.writeUInt16LE(subsystem, 220);
  bytes.write(text, 512, "latin1");
  return bytes;
}

/** As PXE images of iPXE begin. */
export function pxeProgram(): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.set([0xea, 0x08, 0x00, 0xc0, 0x07]);
  return bytes;
}

/** A source tree whose make behaves as iPXE's does: it says what it builds, and writes the targets it is asked for. */
export async function fakeSourceTree(folder: string): Promise<void> {
  const src = join(folder, "src");
  await mkdir(src, { recursive: true });
  await writeFile(join(src, "efi.bin"), efiProgram(0x8664));
  await writeFile(join(src, "pxe.bin"), pxeProgram());
  await writeFile(join(src, "Makefile.housekeeping"), "");
  await writeFile(
    join(src, "Makefile"),
    [
      "ifeq ($(CONFIG),broken)",
      "$(error config/broken/general.h is missing)",
      "endif",
      "bin/%pxe: pxe.bin",
      "\t@mkdir -p bin",
      '\t@echo "  [BUILD] bin/string.o"',
      "\t@cat pxe.bin $(EMBED) > $@",
      '\t@echo "  [FINISH] $@"',
      "bin-x86_64-efi/%.efi: efi.bin",
      "\t@mkdir -p bin-x86_64-efi",
      '\t@echo "  [BUILD] bin-x86_64-efi/string.o"',
      "\t@cat efi.bin $(EMBED) > $@",
      '\t@echo "  [FINISH] $@"',
      "",
    ].join("\n"),
  );
}
