// Alpine from memory, by a stand-in for its netboot files: packages come from a mirror that this site serves, and what
// makes the machine itself from the folders in overlays/.
import { alpine, defineSite } from "../../src/site/define.ts";

export default defineSite({
  name: "alpine",
  images: { node: alpine({ from: "minirootfs", branch: "v3.19" }) },
  machines: [
    {
      name: "node1",
      mac: "52:54:00:69:05:0a",
      ip: "10.69.0.10",
      image: "node",
      overlay: "overlays/node1",
    },
  ],
});
