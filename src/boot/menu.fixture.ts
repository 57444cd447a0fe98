import type { BootMachine, BootSite } from "./boot-site.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { defaultLoaders } from "./loaders.ts";
import type { BootMenu } from "./menu.ts";
import type { ScriptPlan } from "./plan.ts";
import { planFor } from "./plan.ts";
import { clientOfScript } from "./script-address.ts";

export const mac = "52:54:00:69:00:0a";

export const menu: BootMenu = {
  title: "Lab",
  timeoutMs: 5000,
  default: "node",
  entries: [
    { kind: "section", text: "Systems" },
    {
      kind: "image",
      name: "node",
      text: "A node",
      key: "n",
      image: {
        choice: "flavor",
        images: new Map([
          ["virt", "node-virt"],
          ["lts", "node-lts"],
        ]),
      },
    },
    { kind: "image", name: "rescue", text: "Rescue", key: "r", image: "rescue", commandLine: "single" },
    { kind: "image", name: "gone", text: "Not built", key: "g", image: "gone" },
    { kind: "section", text: "Settings" },
    { kind: "choice", name: "flavor", text: "Flavor", key: "f", choice: "flavor" },
    { kind: "choice", name: "console", text: "Console", key: "c", choice: "console" },
    {
      kind: "menu",
      name: "more",
      text: "More",
      key: "m",
      entries: [
        { kind: "action", name: "shell", text: "iPXE's shell", key: "s", action: "shell" },
        { kind: "action", name: "url", text: "Boot by address", action: "url" },
        { kind: "action", name: "local", text: "Disk", action: "local" },
        { kind: "action", name: "reboot", text: "Restart", action: "reboot" },
        { kind: "action", name: "poweroff", text: "Switch off", action: "poweroff" },
        { kind: "action", name: "debug", text: "Trouble", action: "debug" },
      ],
    },
    { kind: "action", name: "exit", text: "Next boot device", key: "x", action: "exit" },
  ],
  choices: new Map([
    [
      "flavor",
      {
        title: "Which kernel",
        options: [
          { value: "virt", text: "for virtual machines" },
          { value: "lts", text: "for everything" },
        ],
        default: "virt",
      },
    ],
    [
      "console",
      {
        title: "Which console",
        options: [
          { value: "tty0", text: "screen" },
          { value: "ttyS0,115200", text: "serial" },
        ],
        custom: { ask: "Another one, such as ttyUSB0,115200" },
        default: "ttyS0,115200",
      },
    ],
  ]),
};

export const site: BootSite = {
  server: "10.69.0.1",
  http: "http://10.69.0.1",
  machines: [
    { name: "node1", mac },
    { name: "saved", mac: "52:54:00:69:00:0b", image: "rescue" },
    { name: "odd", mac: "52:54:00:69:00:0c", image: "odd" },
  ],
  images: new Map(
    ["node-virt", "node-lts", "rescue", "gone", "odd"].map((name) => [
      name,
      { reportsReady: false, commandLine: "console={choice.console}" },
    ]),
  ),
  loaders: defaultLoaders,
  menu,
};

const built: BootImage = {
  kernel: { name: "vmlinuz" },
  initrds: [{ name: "initrd.img" }],
  commandLine: "quiet",
};
export const images = new Map(["node-virt", "rescue", "odd"].map((name) => [name, built]));

/** The plan of a machine of the site, or of a stranger. */
export function planOf(name?: string, at: BootSite = site): ScriptPlan {
  const machine = at.machines.find((each: BootMachine) => each.name === name);
  const client = clientOfScript(new URLSearchParams({ mac: machine?.mac ?? "52:54:00:69:00:ff" }));
  const plan = client && planFor(client, at);
  if (plan?.step !== "script") throw new Error("this site has a script for everybody");
  return plan;
}
