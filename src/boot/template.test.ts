import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printWord } from "./ipxe/words.ts";
import { fillTemplate } from "./template.ts";
import { knownVariables, variablesFor } from "./variables.ts";

const known = {
  ...{
    http: "http://10.69.0.1",
    server: "10.69.0.1",
    domain: "lab.internal",
    name: "node1",
    image: "alpine",
  },
  ...{ mac: "52:54:00:69:00:0a", architectures: [7] },
};
const own = new Map([
  ["mirror", "{http}/alpine"],
  ["two", "a=1 b={name}"],
  ["nested", "{var.mirror}"],
  ["broken", "{namme}"],
]);
const variables = variablesFor(known, own, new Set(["flavor"]));
const filled = (template: string) => fillTemplate(template, variables);
const printed = (template: string) => filled(template).words.map(printWord).join(" ");

describe("a template", () => {
  test.each([
    ["quiet  console=ttyS0,115200", "quiet console=ttyS0,115200"],
    ["apkovl={http}/{MAC}.apkovl.tar.gz", "apkovl=http://10.69.0.1/52:54:00:69:00:0a.apkovl.tar.gz"],
    ["a={mac} {mac:hexhyp} {mac:hexraw}", "a=52:54:00:69:00:0a 52-54-00-69-00-0a 52540069000a"],
    ["{mac:upper} {mac:upper-hexhyp}", "52:54:00:69:00:0A 52-54-00-69-00-0A"],
    ["host={name}.{domain}", "host=node1.lab.internal"],
    ["modloop={files}/modloop-{image}", "modloop=http://10.69.0.1/images/alpine/modloop-alpine"],
    ["ip={ip}::{gateway}:{netmask}", `ip=\${netX/ip}::\${netX/gateway}:\${netX/netmask}`],
    ["sn={serial}", `sn=\${serial:uristring}`],
    ["id={uuid}", `id=\${uuid}`],
    ["flavor={choice.flavor}-x", `flavor=\${choice-flavor}-x`],
    ["repo={var.mirror}/{arch}", "repo=http://10.69.0.1/alpine/x86_64"],
    ["x={var.two}c", "x=a=1 b=node1c"],
    ["json={{1,2}} {{mac}}", "json={1,2} {mac}"],
    ["", ""],
  ])("%s is %s", (template, words) => {
    expect(filled(template).problems).toEqual([]);
    expect(printed(template)).toBe(words);
  });

  test.each([
    ["a={namme}", "{namme}", "is no variable we know", "did you mean `name`?"],
    ["a={var.mirrors}", "{var.mirrors}", "is no variable we know", "did you mean `var.mirror`?"],
    ["a={choice.flavour}", "{choice.flavour}", "is no variable we know", "did you mean `choice.flavor`?"],
    ["a={}", "{}", "is no variable", "write {{ or }}"],
    ["a={1,2}", "{1,2}", "is no variable", "write {{ or }}"],
    ["a={toString}", "{toString}", "is no variable we know", ""],
    ["a={mac", "{", "is a brace without its other half", "write {{ or }}"],
    ["a=mac}", "}", "is a brace without its other half", "write {{ or }}"],
    [`a=\${mac}`, `\${mac}`, "is iPXE's way to write it", "write {mac}, without the dollar"],
    ["{var.nested}", "{var.mirror}", "inside another one, {var.nested}", "write out"],
    ["{var.broken}", "{namme}", "is no variable we know", "did you mean `name`?"],
    ["#{mac}", "#52:54:00:69:00:0a", "begins with `#`", ""],
    ["#{ip}", "#{netX/ip}", "begins with `#`", ""],
    ["{ip}\\", "{netX/ip}\\", "ends with a backslash", ""],
    [`a=$${"{{"}x}}{ip}`, `a=\${x}{netX/ip}`, "holds `${`", ""],
  ])("%s: %s %s", (template, part, says, hint) => {
    const [problem] = filled(template).problems;
    expect(problem?.in).toBe(part);
    expect(problem?.says).toContain(says);
    expect(problem?.hint ?? "").toContain(hint);
  });

  test("tells all that is wrong at once", () => {
    expect(filled("a={x} b={y} {").problems).toHaveLength(3);
  });

  test("knows the UUID when the client told it, and calls the processor as Linux does", () => {
    const uuid = "00112233-4455-6677-8899-aabbccddeeff";
    const arm = variablesFor({ ...known, uuid, architectures: [11] });
    expect(fillTemplate("{uuid} {UUID} {arch}", arm).words).toEqual([uuid, uuid, "aarch64"]);
    const bios = variablesFor({ ...known, architectures: [0] });
    expect(fillTemplate("{arch}", bios).words).toEqual(["x86_64"]);
    expect(fillTemplate("{arch}", variablesFor({ ...known, architectures: [6] })).words).toEqual(["x86"]);
  });

  test("cannot name a domain that the site lacks", () => {
    const { domain: _, ...rest } = known;
    expect(fillTemplate("{domain}", variablesFor(rest)).problems[0]?.says).toBe("needs `network.domain`");
  });

  test("prints as words that iPXE reads as they are, or says what is wrong", () => {
    const names = Object.keys(knownVariables).map((name) => `{${name}}`);
    const part = fc.oneof(fc.constantFrom("{{", "}}", "$", " ", "||", "#", ...names), fc.string());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const { words, problems } = filled(parts.join(""));
        if (problems.length === 0) for (const word of words) expect(printWord(word)).not.toMatch(/\s/);
      }),
    );
  });
});
