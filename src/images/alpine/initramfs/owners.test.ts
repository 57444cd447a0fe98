import { describe, expect, test } from "vitest";
import { numbersOf, parseAccounts, recordedMode, recordedOwners } from "./owners.ts";
import { withoutDays } from "./shadow-days.ts";

const accounts = parseAccounts(
  "root:x:0:0:root:/root:/bin/ash\nchrony:x:100:101::/var/log/chrony:/sbin/nologin\nbroken\n",
  "root:x:0:root\nshadow:x:42:\nchrony:x:101:chrony\n",
);
const head = (path: string, uid: number, gid: number, names: { user?: string; group?: string } = {}) => ({
  ...{ path, type: "file" as const, mode: 0o644, uid, gid, sizeBytes: 0, pax: new Map() },
  ...names,
});

describe("whom files of an image belong to", () => {
  test("is said by names, whatever numbers the packer had", () => {
    const [owner] = recordedOwners([
      head("var/lib/chrony", 1000, 1000, { user: "chrony", group: "chrony" }),
    ]).values();
    expect(owner && numbersOf(owner, accounts)).toEqual({ uid: 100, gid: 101 });
  });

  test("is said by numbers where there are no names, or none that the image knows", () => {
    const [bare, stranger] = recordedOwners([
      head("etc/shadow", 0, 42),
      head("etc/x", 7, 8, { user: "nobody-knows", group: "shadow" }),
    ]).values();
    expect(bare && numbersOf(bare, accounts)).toEqual({ uid: 0, gid: 42 });
    expect(stranger && numbersOf(stranger, accounts)).toEqual({ uid: 7, gid: 42 });
  });

  test("of a folder in several packages is whoever is not root", () => {
    const root = head("var/lib", 0, 0, { user: "root", group: "root" });
    const other = head("var/lib", 100, 101, { user: "chrony", group: "chrony" });
    for (const order of [
      [root, other],
      [other, root],
    ]) {
      expect(recordedOwners(order).get("var/lib")).toMatchObject({ user: "chrony" });
    }
  });

  test("keeps set-user-ID, which is lost where nothing can be given away, and no other change of a script's", () => {
    expect(recordedMode(0o111, 0o4111)).toBe(0o4111);
    expect(recordedMode(0o640, 0o644)).toBe(0o640);
  });
});

test("an account made on another day is the same account", () => {
  const made = (day: number) => `root:*::0:::::\nbin:!::0:::::\nsshd:!:${day}:0:99999:7:::\n`;
  expect(withoutDays(made(19700))).toBe(withoutDays(made(20778)));
  expect(withoutDays("root::0:0:99999:7:::\n")).toBe("root::0:0:99999:7:::\n"); // 0 has a meaning
});
