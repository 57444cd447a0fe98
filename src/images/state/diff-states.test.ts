import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffStates } from "./diff-states.ts";
import { lineDiff } from "./line-diff.ts";
import { isSecretFile, maskedLine } from "./secret-text.ts";
import { apkovl, usualState } from "./states.fixture.ts";

describe("the difference of two states", () => {
  test("names what came, what went and what changed, line by line", async () => {
    const before = await apkovl({ ...usualState, "etc/motd": "one\ntwo\nthree\n", "etc/old": "x" });
    const after = await apkovl({
      ...usualState,
      "etc/motd": "one\n2\nthree\n",
      "etc/hostname": { mode: 0o600 },
      "etc/new": "hello\n",
      "etc/runlevels/default/sshd": { type: "symlink", linkname: "/etc/init.d/dropbear" },
    });
    const changes = await diffStates(before, after);
    expect(changes).toEqual([
      {
        path: "etc/hostname",
        how: "changed",
        says: ["mode 644 -> 600", "content"],
        lines: [{ sign: "-", line: "shoe" }],
      },
      {
        path: "etc/motd",
        how: "changed",
        says: ["content"],
        lines: [
          { sign: "-", line: "two" },
          { sign: "+", line: "2" },
        ],
      },
      { path: "etc/new", how: "added", says: ["file 644, 6 bytes"], lines: [{ sign: "+", line: "hello" }] },
      { path: "etc/old", how: "removed", says: ["file 644, 1 bytes"], lines: [{ sign: "-", line: "x" }] },
      {
        path: "etc/runlevels/default/sshd",
        how: "changed",
        says: ["target /etc/init.d/sshd -> /etc/init.d/dropbear"],
      },
    ]);
    expect(await diffStates(before, before)).toEqual([]);
  });

  test("shows nothing of what is secret", async () => {
    const secrets = {
      "etc/shadow": "root:$6$salt$HUNTER2hash:1:0:::::\n",
      "etc/ssh/ssh_host_ed25519_key": "HUNTER2\n",
      "etc/wpa_supplicant/wpa_supplicant.conf": 'ssid="home"\npsk="HUNTER2"\n',
      "etc/wireguard/wg0.conf": "PrivateKey = HUNTER2=\n",
      "etc/app.conf": "db_password: HUNTER2\nurl=http://me:HUNTER2@host/\n",
      "etc/app.json": '{ "api_key": "HUNTER2" }\n',
      "etc/app.token": "HUNTER2\n",
      "etc/binary": "HUNTER2\0",
    };
    const changes = await diffStates(await apkovl(usualState), await apkovl({ ...usualState, ...secrets }));
    expect(changes.map(({ path }) => path)).toEqual(Object.keys(secrets).sort());
    expect(JSON.stringify(changes)).not.toContain("HUNTER2");
    expect(JSON.stringify(changes)).toContain('ssid=\\"home\\"');
  });
});

test.each([
  ["etc/hostname", false],
  ["etc/ssh/ssh_host_rsa_key", true],
  ["etc/ssh/ssh_host_rsa_key.pub", false],
  ["etc/shadow-", true],
  ["etc/nginx/site.key", true],
  ["etc/ssl/certs/ca.pem", false],
  ["root/.ssh/id_ed25519", true],
])("that %s is a secret is %s", (path, expected) => {
  expect(isSecretFile(path)).toBe(expected);
});

test.each([
  ["PermitRootLogin no", "PermitRootLogin no"],
  ["password = x y", "password = ********"],
  ["export API_KEY='abc'", "export API_KEY=********"],
  ["root:$y$j9T$abc/def:1", "root:********:1"],
])("the line %j is shown as %j", (line, expected) => {
  expect(maskedLine(line)).toBe(expected);
});

test("a difference of lines makes the one text of the other", () => {
  const line = fc.constantFrom("a", "b", "c", "");
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), (a, b) => {
      const [before, after] = [a, b].map((lines) => lines.map((each) => `${each}\n`).join(""));
      const changes = lineDiff(before ?? "", after ?? "") ?? [];
      const removed = changes.filter(({ sign }) => sign === "-").length;
      const added = changes.filter(({ sign }) => sign === "+").length;
      expect(a.length - removed).toBe(b.length - added);
      const without = (lines: readonly string[], sign: string) => {
        const left = changes.filter((change) => change.sign === sign).map((change) => change.line);
        return lines.filter((each) => !(left[0] === each && left.shift() !== undefined));
      };
      if (changes.length === 0) expect(a).toEqual(b);
      expect(without(a, "-").length).toBe(without(b, "+").length);
    }),
  );
});
