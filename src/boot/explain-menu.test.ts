import { expect, test } from "vitest";
import { node1, world } from "./explain.fixture.ts";
import { explainClient } from "./explain.ts";
import { clientPresets } from "./explain-clients.ts";
import { images as built, menu, site } from "./menu.fixture.ts";
import type { BootMenu } from "./menu.ts";

const image = {
  kernel: { name: "vmlinuz", sizeBytes: 1 },
  initrds: [{ name: "initrd.img", sizeBytes: 1 }],
  commandLine: "quiet",
  digest: "d",
};

function stepsAfterScript(changed: Partial<BootMenu> = {}) {
  const shown = { ...menu, ...changed };
  const images = new Map([...built.keys()].map((name) => [name, image]));
  const at = world(
    { images: site.images, menu: shown, machines: [{ name: "node1", mac: node1 }] },
    {},
    { images },
  );
  const { steps } = explainClient({ preset: clientPresets["ipxe-bios"], mac: node1 }, at);
  return steps.slice(steps.findIndex(({ step }) => step === "script") + 1);
}

test("a menu explained ends with what it boots when nobody is there", () => {
  expect(stepsAfterScript()).toEqual([
    { step: "menu", says: 'it shows the menu; left alone for 5.00 s, it takes "A node"' },
    {
      step: "kernel",
      image: "node-virt",
      digest: "d",
      files: [
        { address: "http://10.69.0.1/images/node-virt/vmlinuz", sizeBytes: 1 },
        { address: "http://10.69.0.1/images/node-virt/initrd.img", sizeBytes: 1 },
      ],
      commandLine: "initrd=initrd.img BOOTIF=01-52-54-00-69-00-0a quiet console=ttyS0,115200",
    },
  ]);
});

test("a menu explained says where somebody has to choose, and what is not there", () => {
  expect(stepsAfterScript({ default: "exit" })).toMatchObject([
    { step: "end", says: 'it shows the menu; left alone for 5.00 s, it takes "Next boot device"' },
  ]);
  expect(stepsAfterScript({ default: "gone" })).toMatchObject([
    { step: "end", says: expect.stringContaining("gone cannot be booted") },
  ]);
  const flavor = menu.choices.get("flavor");
  if (!flavor) throw new Error("the fixture has this choice");
  expect(
    stepsAfterScript({ choices: new Map([...menu.choices, ["flavor", { ...flavor, default: "lts" }]]) }),
  ).toMatchObject([{ step: "end", warning: "image node-lts is not in the store" }]);
});
