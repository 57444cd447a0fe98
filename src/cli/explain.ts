import { resolve } from "node:path";
import * as z from "zod";
import type { ExplainWorld, Step } from "../boot/explain.ts";
import { explainClient } from "../boot/explain.ts";
import { clientNames } from "../boot/explain-clients.ts";
import { lint } from "../boot/lint-rule.ts";
import { allRules } from "../boot/lint-rules.ts";
import { formatPath } from "../core/place.ts";
import { jsonLine } from "../core/printable.ts";
import { openMachineStates } from "../netboot/machine-states.ts";
import { policyOf } from "../netboot/served-site.ts";
import { command } from "./command.ts";
import { askedFor } from "./explain-asked.ts";
import { replayed } from "./explain-capture.ts";
import { explanationText } from "./explain-text.ts";
import type { InspectedSite } from "./inspected-site.ts";
import { inspectSite } from "./inspected-site.ts";
import { lintSiteOf } from "./lint-site.ts";
import { flow } from "./table.ts";

export const explain = command({
  name: "explain",
  summary: "Say what a client is answered at every step of its boot, and why",
  details:
    "Nothing is sent and nothing is built: the answers are computed by the functions that the live server asks. Without\n" +
    "--mac or --machine the site's first machine asks; without --client or --arch it is a UEFI machine's PXE client.\n\n" +
    "  dryboot explain quickstart --client ovmf-http\n" +
    "  dryboot explain site.ts --mac 52:54:00:69:00:0a --arch 0\n" +
    "  dryboot explain site.ts --from capture.pcap\n\n" +
    "Exit codes: 0 explained, 1 a file could not be read, 2 wrong usage.",
  positionals: [{ name: "SITE", describe: "A folder in lab/, or the path of a site file" }],
  flags: z.strictObject({
    machine: text("NAME", "Ask as this machine of the site"),
    mac: text("MAC", "Ask with this MAC address; with --from, explain only its requests"),
    client: z.enum(clientNames).optional().describe("Ask as this kind of client does"),
    arch: text("ARCH", "Option 93: a number (7, 0x10) or bios, ia32, x64, arm64, x64-http, arm64-http"),
    vendorClass: text("TEXT", "Option 60, instead of the client's own"),
    userClass: z.array(z.string()).optional().describe("Option 77, instead of the client's own"),
    uuid: text("UUID", "Option 97"),
    ipxeFeatures: text("LIST", "Features in option 175, by number or name: 19,24,menu; makes it an iPXE"),
    serial: text("TEXT", "The serial number in SMBIOS, which iPXE says where rules need it"),
    manufacturer: text("TEXT", "The manufacturer in SMBIOS"),
    product: text("TEXT", "The product name in SMBIOS"),
    asset: text("TEXT", "The asset tag in SMBIOS"),
    hostname: text("NAME", "Option 12"),
    address: text("ADDRESS", "Ask for the script from this address"),
    state: text("DIR", "Take into account what `dryboot machine` asked for, in this server's state folder"),
    from: text("FILE", "Explain every DHCP request of this capture, pcap or pcapng"),
    json: z.boolean().default(false).describe("Print one JSON object per client or request and nothing else"),
  }),
  async run({ flags, args }, terminal, signal) {
    const inspected = await inspectSite(args.SITE, signal);
    const { images, loaders } = inspected;
    const { boot: site, dhcp } = inspected.resolved;
    const stateOf =
      flags.state === undefined ? undefined : (await openMachineStates(resolve(flags.state))).of;
    const policy = policyOf({ site, dhcp, images: new Map(), loaders: new Map() }, undefined, stateOf);
    const world: ExplainWorld = { site, policy, images, loaders, ...(stateOf && { stateOf }) };
    if (flags.from !== undefined) return await replayed(flags.from, flags, world, terminal, signal);

    const { client, name, assumed } = askedFor(flags, site);
    const answers = explainClient(client, world, Date.now());
    const explained = {
      ...answers,
      warnings: [...answers.warnings, ...rulesBrokenFor(answers.steps, inspected)],
    };
    if (flags.json) {
      terminal.out(jsonLine({ client: name, assumed, ...explained }));
      return 0;
    }
    for (const line of assumed)
      for (const part of flow(`assumed: ${line}`, terminal.columns)) terminal.out(part);
    for (const line of explanationText(explained, terminal.columns)) terminal.out(line);
    return 0;
  },
});

/** What `dryboot lint` finds about the machine that asks and its image. */
function rulesBrokenFor(steps: readonly Step[], inspected: InspectedSite): string[] {
  const { machines } = inspected.resolved;
  const name = steps.find((step) => step.step === "dhcp")?.machine;
  const index = machines.findIndex((machine) => machine.name === name);
  const concerns = ([part, key]: readonly PropertyKey[]) =>
    (part === "machines" && key === index) || (part === "images" && key === machines[index]?.image);
  return lint(lintSiteOf(inspected), allRules)
    .filter(({ path }) => concerns(path))
    .map(({ path, says, fix, rule }) => `\`${formatPath(path)}\` ${says}; ${fix} [${rule.id}]`);
}

function text(placeholder: string, describe: string) {
  return z.string().optional().describe(describe).meta({ placeholder });
}
