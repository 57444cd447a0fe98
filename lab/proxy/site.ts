// Boot files beside somebody else's DHCP server, which lends the addresses; in the lab, dnsmasq stands in for that one.
import { defineSite, rescue } from "../../src/site/define.ts";

export default defineSite({
  name: "proxy",
  dhcp: { mode: "proxy" },
  images: { rescue: rescue() },
  machines: [{ name: "node1", mac: "52:54:00:69:03:0a", image: "rescue" }],
});
