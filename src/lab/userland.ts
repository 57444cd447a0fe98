import { debianInstallerFirstScreen } from "../images/debian/installer.ts";
import { memtestScreen } from "../images/memtest.ts";
import { nixosReady } from "../images/nixos/boot-words.ts";
import type { RecipeName } from "../images/recipes.ts";

/** How the serial console shows that an image is up and waits for a person, by the image's recipe. */
export const userlandReady: Readonly<Record<RecipeName, RegExp>> = {
  rescue: /\blogin: $/,
  "rescue-arm64": /\blogin: $/,
  "debian-installer": debianInstallerFirstScreen,
  "debian-live": /\blogin: $/,
  memtest: memtestScreen,
  "memtest-efi": memtestScreen,
  nixos: nixosReady,
  "nixos-standin": nixosReady,
  alpine: /\blogin: $/,
  "alpine-initramfs": /\blogin: $/,
};
