import { expect } from "vitest";
import { mirrorsHere } from "../src/images/mirrors.ts";
import { scenario } from "../src/test/scenario.ts";

const noMirror = mirrorsHere().some(([name]) => name === "alpine")
  ? undefined
  : "DRYBOOT_ALPINE_MIRROR names no folder";
const expected = { ignore: ["guest-reset", "kernel-panic"] };

scenario(
  "a machine is upgraded from release to release, and comes back by itself from one that does not start",
  async ({ lab, skip }) => {
    skip(noMirror !== undefined, noMirror);
    const { lifecycle } = await lab.netboot("alpine-initramfs");
    const machine = await lab.machine("node3", { lane: "bios-pxe" });
    const slots = () => lifecycle.stateOf("node3").slots;
    const reports = () => lab.facts("machine.ready").length;
    const isUp = async (times: number, release: string) => {
      await machine.reaches("its report", () => (reports() >= times ? true : undefined), "300s", expected);
      await machine.sees(new RegExp(`Welcome to Alpine Linux ${release}`), "300s", expected);
    };

    await lab.step("it boots what the site says", () => machine.powerOn());
    await lab.step("it is up", () => isUp(1, "3.18"));
    expect(slots()).toBeUndefined();

    await lab.step("the next release is deployed and stays", async () => {
      await deploy("os-319");
      await isUp(2, "3.19");
      expect(slots()).toEqual({ regular: "os-319", old: "os-318" });
    });
    await lab.step("and the one after it", async () => {
      await deploy("os-320");
      await isUp(3, "3.20");
      expect(slots()).toEqual({ regular: "os-320", old: "os-319" });
    });
    await lab.step(
      "one that cannot start is deployed, and the machine comes back to the one before",
      async () => {
        await deploy("os-broken");
        await machine.sees(/Kernel panic - not syncing[\s\S]*Rebooting in 3 seconds/, "300s", expected);
        expect(slots()).toMatchObject({ new: "os-broken", tried: { instead: "os-320" } });
        await isUp(4, "3.20");
        expect(slots()).toEqual({ regular: "os-320", old: "os-319", failed: "os-broken" });
      },
    );

    expect(lab.facts("deploy.promoted").map(({ image, old }) => [image, old])).toEqual([
      ["os-319", "os-318"],
      ["os-320", "os-319"],
    ]);
    expect(lab.facts("deploy.rolled-back")).toMatchObject([
      { machine: "node3", image: "os-broken", to: "os-320" },
    ]);

    async function deploy(image: string): Promise<void> {
      expect(await lifecycle.assign("node3", { deploy: image }, "control")).not.toHaveProperty("problem");
      expect(slots()).toMatchObject({ new: image });
      await machine.query("system_reset");
    }
  },
);
