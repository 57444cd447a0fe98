// Debian's installer as the archive has it, shown on the serial console up to its first question.
import { debianInstaller, defineSite } from "../../src/site/define.ts";

export default defineSite({
  name: "debian-installer",
  // The lab has no way out, but without a default route and a name server the installer stops to ask for them.
  network: { router: "10.69.0.1", dns: ["10.69.0.1"] },
  lab: { bootTimeout: "240s" }, // a minute on an idle machine, unpacking and probing in software emulation
  images: { installer: debianInstaller() },
  machines: [
    // Below 737M the installer unpacks less of itself and asks other questions.
    { name: "target", mac: "52:54:00:69:01:0a", ip: "10.69.0.10", image: "installer", memory: "1G" },
  ],
});
