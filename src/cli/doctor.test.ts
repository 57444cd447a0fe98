import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { Verdict } from "../host/verdict.ts";
import { formatVerdicts } from "./doctor.ts";

const fine: Verdict = { id: "memory", title: "Memory", verdict: "good", says: "8.0 GiB available" };
const slow: Verdict = {
  id: "accelerator",
  title: "Accelerator",
  verdict: "limited",
  says: "KVM is absent: there is no /dev/kvm",
  disables: "hardware speed",
  mend: "modprobe kvm_intel",
};
const stopping: Verdict = { ...slow, id: "tun", title: "TUN device", verdict: "missing", stopsBoots: true };

const plain = (verdicts: readonly Verdict[], columns = 80) =>
  formatVerdicts(verdicts, columns).map(stripVTControlCharacters);

test("the report says what was found, what it costs and how to mend it", () => {
  expect(plain([fine, slow])).toEqual([
    "good     Memory       8.0 GiB available",
    "limited  Accelerator  KVM is absent: there is no /dev/kvm",
    "                      disables: hardware speed",
    "                      to mend:  modprobe kvm_intel",
    "",
    "A lab can boot here, with one limit, named above.",
  ]);
});

test("the report names what stops every boot", () => {
  expect(plain([slow, stopping]).at(-1)).toBe("No lab can boot here yet. Mend first: TUN device.");
});

test("the report stays within the terminal", () => {
  const lines = plain([{ ...slow, says: "word ".repeat(40).trim() }], 60);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
});
