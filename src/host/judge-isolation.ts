import type { Examination } from "./doctor.ts";
import { namespaceTrouble } from "./namespace-causes.ts";
import type { NamespaceTrial } from "./namespaces.ts";
import { tunTrouble } from "./tun.ts";
import type { Verdict } from "./verdict.ts";
import { asRoot } from "./verdict.ts";

export function judgeTun({ tun, uid }: Pick<Examination, "tun" | "uid">): Verdict {
  const about = { id: "tun", title: "TUN device" };
  const trouble = tunTrouble(tun);
  if (trouble === undefined) {
    const opens = uid === 0 ? "opens for root" : "opens for this user";
    return { ...about, verdict: "good", says: `${tun.path} ${opens}, mode ${tun.mode ?? "unknown"}` };
  }
  return {
    ...about,
    verdict: "missing",
    says: trouble.why,
    disables: "every boot: machines are attached to the lab's network by taps",
    mend: trouble.mend.startsWith("docker") ? trouble.mend : asRoot(trouble.mend, uid),
    stopsBoots: true,
  };
}

/** For whoever asks; and, when root asks, for ordinary users as well. */
export function judgeNamespaces(examination: Examination): Verdict[] {
  const { own, ordinary } = examination.namespaces;
  const mine = judgeTrial(examination, own, {
    id: "namespaces",
    title: examination.uid === 0 ? "Namespaces (root)" : "Namespaces",
    disables: "every boot: the lab's network lives in namespaces of its own",
  });
  const verdicts: Verdict[] = [mine.verdict === "good" ? mine : { ...mine, stopsBoots: true }];
  if (ordinary !== undefined) {
    const theirs = judgeTrial(examination, ordinary, {
      id: "namespaces-ordinary",
      title: "Namespaces (users)",
      disables: "boots by anybody but root",
    });
    verdicts.push(theirs.verdict === "missing" ? { ...theirs, verdict: "limited" } : theirs);
  }
  return verdicts;
}

function judgeTrial(
  { namespaces, tun, uid }: Examination,
  trial: NamespaceTrial,
  { disables, ...about }: { id: string; title: string; disables: string },
): Verdict {
  const trouble = namespaceTrouble(trial, namespaces.settings, tun);
  if (trouble === undefined)
    return {
      ...about,
      verdict: "good",
      says: `user, network, PID and mount namespaces made, with a bridge and a tap`,
    };
  const mend = trouble.mend === undefined ? (trouble.advice ?? "") : asRoot(trouble.mend, uid);
  return { ...about, verdict: "missing", says: trouble.why, disables, mend };
}
