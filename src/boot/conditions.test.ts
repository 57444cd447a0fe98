import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConditionKey, Conditions, Matcher } from "./conditions.ts";
import { canMeet, compareSpecificity, isWithin, judge } from "./conditions.ts";

const text = (value: string): Matcher => ({ text: value });
const begins = (prefix: string): Matcher => ({ prefix });
const network = (address: string, prefixLength: number): Matcher => ({
  network: { network: address, prefixLength },
});
const when = (conditions: Partial<Record<ConditionKey, Matcher | Matcher[]>>): Conditions =>
  new Map(
    Object.entries(conditions).map(([key, ways]) => [
      key as ConditionKey,
      Array.isArray(ways) ? ways : [ways],
    ]),
  );

describe("conditions", () => {
  const rack = when({ manufacturer: text("dell inc."), serial: begins("ab") });

  test.each([
    ["all that is asked is so", { manufacturer: "dell inc.", serial: "abc123" }, "met"],
    ["one is not so", { manufacturer: "dell inc.", serial: "xyz" }, "not met"],
    ["one is not so, and another is not known", { manufacturer: "hp" }, "not met"],
    ["one is not known", { manufacturer: "dell inc." }, "not known"],
    ["one is known to be none", { manufacturer: "dell inc.", serial: "" }, "not met"],
  ])("are judged where %s", (_, identity, verdict) => expect(judge(rack, identity)).toBe(verdict));

  test("take one of a list, the beginning of a text, and an address of a network", () => {
    const some = when({ mac: [text("52:54:00:69:00:0a"), begins("00:16:3e:")] });
    expect(judge(some, { mac: "00:16:3e:01:02:03" })).toBe("met");
    expect(judge(some, { mac: "00:16:3f:01:02:03" })).toBe("not met");
    const net = when({ address: network("10.69.0.0", 28) });
    expect(judge(net, { address: "10.69.0.15" })).toBe("met");
    expect(judge(net, { address: "10.69.0.16" })).toBe("not met");
  });

  test("of no value are not met, whatever is asked: a star is for something", () => {
    expect(judge(when({ asset: begins("") }), { asset: "" })).toBe("not met");
    expect(judge(when({ asset: begins("") }), { asset: "x" })).toBe("met");
  });

  test.each<[string, Conditions, Conditions, number]>([
    [
      "a MAC beats any number of kinds",
      when({ mac: text("a") }),
      when({ manufacturer: text("q"), product: text("p"), arch: text("x64") }),
      1,
    ],
    [
      "two conditions beat one",
      when({ manufacturer: text("q"), arch: text("x64") }),
      when({ product: text("p") }),
      1,
    ],
    [
      "a whole serial number beats its beginning",
      when({ serial: text("abc") }),
      when({ serial: begins("ab") }),
      1,
    ],
    [
      "the longer beginning beats the shorter",
      when({ serial: begins("abc") }),
      when({ serial: begins("ab") }),
      1,
    ],
    [
      "the smaller network beats the larger",
      when({ address: network("10.1.0.0", 16) }),
      when({ address: network("10.0.0.0", 8) }),
      1,
    ],
    [
      "one of a list beats the list",
      when({ arch: text("x64") }),
      when({ arch: [text("x64"), text("bios")] }),
      1,
    ],
    ["different kinds are equal", when({ manufacturer: text("q") }), when({ product: text("p") }), 0],
    ["the same is equal", when({ serial: begins("a") }), when({ serial: begins("a") }), 0],
    [
      "what overlaps in part is equal",
      when({ arch: [text("x64"), text("bios")] }),
      when({ arch: [text("x64"), text("arm64")] }),
      0,
    ],
  ])("are compared: %s", (_, one, other, sign) => {
    expect(Math.sign(compareSpecificity(one, other))).toBe(sign);
    expect(Math.sign(compareSpecificity(other, one))).toBe(sign === 0 ? 0 : -sign);
  });

  test.each<[string, Conditions, Conditions, boolean]>([
    ["different keys, about which nobody knows", when({ mac: text("a") }), when({ uuid: text("b") }), true],
    ["different texts", when({ serial: text("a") }), when({ serial: text("b") }), false],
    ["a text and its beginning", when({ serial: text("abc") }), when({ serial: begins("ab") }), true],
    [
      "two beginnings, one of which begins the other",
      when({ serial: begins("abc") }),
      when({ serial: begins("a") }),
      true,
    ],
    ["two beginnings", when({ serial: begins("abc") }), when({ serial: begins("abd") }), false],
    [
      "networks apart",
      when({ address: network("10.1.0.0", 16) }),
      when({ address: network("10.2.0.0", 16) }),
      false,
    ],
    [
      "one key apart among those that agree",
      when({ arch: text("x64"), serial: text("a") }),
      when({ arch: text("x64"), serial: text("b") }),
      false,
    ],
  ])("can be met by one client: %s", (_, one, other, can) => {
    expect(canMeet(one, other)).toBe(can);
    expect(canMeet(other, one)).toBe(can);
  });

  const letters = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });
  const matcher = fc.oneof(letters.map(text), letters.map(begins));
  const keys = fc.constantFrom<ConditionKey>("mac", "serial", "product");
  const anyConditions = fc
    .dictionary(keys, fc.array(matcher, { minLength: 1, maxLength: 3 }), { minKeys: 1 })
    .map((each) => when(each));
  const anybody = fc.record({ mac: letters, serial: letters, product: letters });

  test("within others are met by nobody who does not meet the others, and are no less specific", () => {
    fc.assert(
      fc.property(anyConditions, anyConditions, anybody, (one, other, who) => {
        if (!isWithin(one, other)) return;
        if (judge(one, who) === "met") expect(judge(other, who)).toBe("met");
        expect(compareSpecificity(one, other)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  test("that one client meets are known to meet", () => {
    fc.assert(
      fc.property(anyConditions, anyConditions, anybody, (one, other, who) => {
        if (judge(one, who) === "met" && judge(other, who) === "met") expect(canMeet(one, other)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
