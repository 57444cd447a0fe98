// A whole Debian in memory: kernel, initrd and one file that holds its file system, all of it over HTTP.
import { debianLive, defineSite } from "../../src/site/define.ts";

export default defineSite({
  name: "debian-live",
  lab: { bootTimeout: "240s" }, // half a minute on an idle machine; the first boot also builds the image, for minutes
  // Emulated on a busy host it stands still for longer than the kernel takes for a fault.
  images: { debian: debianLive({ commandLine: "nowatchdog" }) },
  machines: [
    // The file system stays in memory beside what is written over it.
    { name: "live1", mac: "52:54:00:69:04:0a", ip: "10.69.0.10", image: "debian", memory: "1G" },
  ],
});
