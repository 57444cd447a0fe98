// A menu before booting: what is in it, what a person can set, and what happens when nobody is there.
import { defineSite, memtest, rescue } from "../../src/site/define.ts";

export default defineSite({
  name: "menu",
  images: {
    rescue: rescue({ commandLine: "console={choice.console} loglevel={choice.loglevel}" }),
    // `./dryboot image build memtest` first: until then the menu says that it is not there.
    memtest: memtest(),
  },
  machines: [
    { name: "node1", mac: "52:54:00:69:00:0a", ip: "10.69.0.10", image: "rescue" },
    { name: "node2", mac: "52:54:00:69:00:0b", ip: "10.69.0.11" },
  ],
  menu: {
    title: "Network boot",
    timeout: "5s",
    entries: [
      { section: "Systems" },
      { image: "rescue", key: "r", text: "Rescue system in memory" },
      {
        name: "verbose",
        image: "rescue",
        key: "v",
        text: "The same, saying all it does",
        commandLine: "debug",
      },
      { image: "memtest", key: "t", text: "Memory test" },
      { section: "Settings" },
      { choice: "console", key: "c" },
      { choice: "loglevel", key: "l" },
      { section: "This machine" },
      { do: "local", key: "d" },
      {
        name: "more",
        text: "More",
        key: "m",
        entries: [
          { do: "url", key: "u" },
          { do: "shell", key: "s" },
          { do: "debug", key: "n" },
          { do: "reboot", key: "b" },
          { do: "poweroff", key: "p" },
        ],
      },
      { do: "exit", key: "x" },
    ],
    choices: {
      console: {
        title: "Console",
        options: [
          { value: "ttyS0,115200", text: "first serial line" },
          { value: "tty0", text: "screen" },
        ],
        custom: { ask: "Another one, such as ttyS1,115200" },
      },
      loglevel: {
        title: "Kernel messages",
        options: [
          { value: "4", text: "warnings and worse" },
          { value: "7", text: "all" },
        ],
      },
    },
  },
});
