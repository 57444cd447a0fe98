import type { Examination } from "./doctor.ts";
import type { Need } from "./packages.ts";
import type { Verdict } from "./verdict.ts";

/** Programs that only some work needs, and what that is. `./dryboot setup` leaves them to the person. */
export const optionalTools: Readonly<Record<string, string>> = {
  dnsmasq:
    "booting sites with `dhcp.mode: proxy` in the lab, and comparing our servers with another implementation",
  tcpdump: "reading a run's packet capture on this machine",
};

/** Without these programs there is no lab at all; without the others, some images cannot be made. */
const labPrograms = ["unshare", "setpriv", "ip"];

/** What the other verdicts cover already, and better: they look into the files. */
const judgedElsewhere = (need: Need) =>
  "programs" in need.found
    ? need.found.programs.includes("qemu-system-x86_64")
    : need.found.anyFile.some((file) => /ovmf|ipxe|edk2/i.test(file));

export function judgeTools({
  missingNeeds,
  missingOptional,
}: Pick<Examination, "missingNeeds" | "missingOptional">): Verdict[] {
  const missing = missingNeeds.filter((need) => !judgedElsewhere(need));
  const verdicts = missing.map(judgeNeed);
  for (const name of missingOptional) {
    verdicts.push({
      id: `optional-${name}`,
      title: name,
      verdict: "limited",
      says: "not installed, and optional",
      disables: optionalTools[name] ?? "nothing that matters",
      mend: `install the package \`${name}\` if you want that`,
    });
  }
  if (missing.length > 0) return verdicts;
  return [
    { id: "tools", title: "Tools", verdict: "good", says: "every program a boot needs is there" },
    ...verdicts,
  ];
}

function judgeNeed(need: Need): Verdict {
  const stops =
    "programs" in need.found && need.found.programs.some((program) => labPrograms.includes(program));
  return {
    id: `need-${need.name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "")}`,
    title: need.name,
    verdict: "missing",
    says: "not installed",
    disables: need.for,
    mend: "./dryboot setup",
    ...(stops && { stopsBoots: true }),
  };
}
