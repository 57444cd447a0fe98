// The smallest whole site: one machine that boots a shell into memory. `dryboot boot` without a name boots this one.
import { defineSite, rescue } from "../../src/site/define.ts";

export default defineSite({
  name: "quickstart",
  images: { rescue: rescue() },
  machines: [{ name: "node1", mac: "52:54:00:69:00:0a", ip: "10.69.0.10", image: "rescue" }],
});
