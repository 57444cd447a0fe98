import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AcceleratorVerdict } from "../host/accelerator-verdict.ts";
import type { Qemu } from "../host/qemu.ts";
import type { LaneSearch } from "./lane-host.ts";
import { judgeLane } from "./lane-host.ts";

describe("whether this host runs a lane", () => {
  let root: string;
  let search: LaneSearch;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "dryboot-test-"));
    search = {
      signal: new AbortController().signal,
      // It is asked for its folders, and names none.
      qemu: { path: "true", versionText: "7.2.22" } as Qemu,
      verdict: { use: "tcg", verdict: "absent", reason: "no device" } as AcceleratorVerdict,
      store: join(root, "store"),
      root: join(root, "host"),
      fetch: false,
    };
  });
  afterEach(() => rm(root, { recursive: true }));

  async function put(path: string, content: string | Buffer = "x"): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }

  test("it does with this host's own firmware, and says which that is", async () => {
    await put("host/usr/share/OVMF/OVMF_CODE_4M.fd", "code");
    await put("host/usr/share/OVMF/OVMF_VARS_4M.fd", "vars");
    expect(await judgeLane("uefi-http", search)).toMatchObject({
      state: "runs",
      host: {
        qemu: "true",
        accelerator: "tcg",
        firmware: { code: join(root, "host/usr/share/OVMF/OVMF_CODE_4M.fd") },
        ran: {
          firmware: expect.stringMatching(/^OVMF .*4 B/),
          accelerator: expect.stringContaining("no device"),
        },
      },
    });
  });

  test("it could, once a package is in the store", async () => {
    await put("host/usr/share/OVMF/OVMF_CODE_4M.fd");
    await put("host/usr/share/OVMF/OVMF_VARS_4M.fd");
    expect(await judgeLane("uefi-rom", search)).toEqual({
      state: "fetches",
      packages: ["ipxe-qemu of Debian 12"],
    });
  });

  test("it does not without SeaBIOS, which QEMU loads from its own folder and nowhere else", async () => {
    expect(await judgeLane("bios-pxe", search)).toEqual({
      state: "missing",
      missing: [{ what: "BIOS firmware (SeaBIOS)", mend: "./dryboot setup" }],
    });
  });
});
