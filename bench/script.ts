import { bootScript } from "../src/boot/boot-script.ts";
import type { BootSite } from "../src/boot/boot-site.ts";
import type { BootImage } from "../src/boot/kernel-command-line.ts";
import { planFor } from "../src/boot/plan.ts";
import { clientOfScript } from "../src/boot/script-address.ts";

/** The script our own stack would answer this machine with. */
export function scriptFor(mac: string, image: BootImage, site: BootSite): string {
  const client = clientOfScript(new URLSearchParams({ mac }));
  const plan = client && planFor(client, site);
  if (plan?.step !== "script" || plan.image === undefined)
    throw new Error(`${mac} is no machine that a script boots`);
  return bootScript({ ...plan, image: plan.image }, image, site);
}

/** The same site with its files on a TFTP server, which cannot be told that a machine is ready. */
export function overTftp(site: BootSite): BootSite {
  const images = [...site.images].map(([name, use]) => [name, { ...use, reportsReady: false }] as const);
  return { ...site, http: `tftp://${site.server}`, images: new Map(images) };
}

/** The kernel's command line in a script, as iPXE passes it on to the kernel of the machine with this MAC. */
export function kernelCommandLine(script: string, mac: string): string {
  const [, words] = /^kernel --name \S+ \S+ (.*?)(?: \|\| .*)?$/m.exec(script) ?? [];
  if (words === undefined) throw new Error("the script loads no kernel");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE's own notation
  const filled = words.replaceAll("${netX/mac:hexhyp}", mac.replaceAll(":", "-"));
  if (filled.includes("${")) throw new Error(`a setting that is not known here: ${filled}`);
  return filled;
}
