// The menu and the flow of Netsoc's boot server: Alpine from memory, its flavour, console and command line chosen first.
// The images behind `virt` and `lts` are stand-ins: see README.md beside this file.
import { defineSite, rescue } from "../../src/site/define.ts";

const branch = "v3.19";

/** What Alpine's own initramfs reads. BOOTIF=01-MAC comes by itself: it is the card that booted. */
const alpine = [
  "modules=loop,squashfs quiet ip=dhcp",
  `alpine_repo={http}/alpine/${branch}/main`,
  "apkovl={http}/overlays/{MAC}.apkovl.tar.gz",
  "ssh_key={http}/overlays/authorized_keys",
].join(" ");

const node = (flavor: string) =>
  rescue({
    replaceCommandLine: `{choice.command-line} modloop={http}/alpine/${branch}/modloop-${flavor} console={choice.console}`,
  });

export default defineSite({
  name: "netsoc",
  network: { domain: "netsoc.internal" },
  dhcp: { range: ["10.69.0.100", "10.69.0.200"] },
  images: { virt: node("virt"), lts: node("lts") },
  machines: [
    // What a plain QEMU says of itself; the lab's machines name dryboot as their maker otherwise.
    { name: "shoe", mac: "52:54:00:69:04:0a", ip: "10.69.0.10", smbios: { manufacturer: "QEMU" } },
    // One that stands in for hardware: no rule knows it.
    { name: "boot", mac: "52:54:00:69:04:0b", ip: "10.69.0.11" },
  ],
  // A virtual machine has another kernel, and its screen is a serial line.
  rules: [{ when: { manufacturer: "QEMU" }, set: { choices: { flavor: "virt", console: "ttyS0,115200" } } }],
  menu: {
    title: "Netsoc network boot",
    timeout: "5s",
    default: "boot",
    entries: [
      { section: "Boot" },
      { name: "boot", text: "Boot Alpine", key: "b", images: { virt: "virt", lts: "lts" }, by: "flavor" },
      { section: "Settings" },
      { choice: "flavor", key: "f" },
      { choice: "console", key: "c" },
      { choice: "command-line", key: "l" },
      { section: "This machine" },
      { do: "shell", key: "s" },
      { do: "exit", key: "x" },
      { do: "reboot", key: "r" },
      { do: "poweroff", key: "p" },
    ],
    choices: {
      flavor: {
        title: "Flavour",
        options: [
          { value: "lts", text: "lts, for hardware" },
          { value: "virt", text: "virt, for virtual machines" },
        ],
      },
      console: {
        title: "Console",
        options: [
          { value: "tty0", text: "tty0, the screen" },
          { value: "ttyS0,115200", text: "ttyS0, the first serial line" },
          { value: "ttyS1,115200", text: "ttyS1, the second serial line" },
          { value: "ttyAMA0,115200", text: "ttyAMA0, the serial line of ARM" },
        ],
        custom: { ask: "Another one, such as ttyUSB0,115200" },
      },
      "command-line": {
        title: "Command line",
        options: [{ value: alpine, text: "default" }],
        custom: { ask: "Another one", shows: "modified" },
      },
    },
  },
});
