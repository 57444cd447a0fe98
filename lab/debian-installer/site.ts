// Debian's installer as the archive has it, shown on the serial console up to its first question.
import { debianInstaller, defineSite } from "../../src/site/define.ts";

export default defineSite({
  name: "debian-installer",
  // The lab has no way out, and the installer would ask whether to go on without one.
  images: { installer: debianInstaller({ commandLine: "netcfg/no_default_route=true" }) },
  machines: [
    // Below 737M the installer unpacks less of itself and asks other questions.
    { name: "target", mac: "52:54:00:69:01:0a", ip: "10.69.0.10", image: "installer", memory: "1G" },
  ],
});
