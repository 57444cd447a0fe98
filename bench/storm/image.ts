import type { OpenedFile, OpenedImage } from "../../src/images/store.ts";
import { imageName } from "./network.ts";

/** Kernel and initrd of the storm as an image; nobody verifies what nobody boots. */
export function stormImage(folder: string, kernel: OpenedFile, initrd: OpenedFile): OpenedImage {
  return {
    ...{ format: 1, name: imageName, level: 1, folder, kernel, initrds: [initrd], files: [] },
    ...{ commandLine: "console=ttyS0", inputs: [], recipe: "0".repeat(64), digest: "0".repeat(64) },
    builtAt: "2026-01-01T00:00:00Z",
  };
}
