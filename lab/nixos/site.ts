// NixOS from the network, rehearsed with dryboot's stand-in for it: both ways in which NixOS begins. docs/nixos.md says
// what to write here for the real one.
import { defineSite, nixosStandin } from "../../src/site/define.ts";

export default defineSite({
  name: "nixos",
  images: { nixos: nixosStandin(), scripted: nixosStandin({ stage1: "scripted" }) },
  machines: [
    { name: "new", mac: "52:54:00:69:05:0a", ip: "10.69.0.10", image: "nixos" },
    { name: "old", mac: "52:54:00:69:05:0b", ip: "10.69.0.11", image: "scripted" },
  ],
});
