import { describe, expect, test } from "vitest";
import { isNixosInit, nixosProblem } from "./nixos-words.ts";

const system = "/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8-nixos-system-nixos-kexec-26.05.20260601.abc";
const own = `init=${system}/init root=fstab loglevel=4 console=ttyS0,115200`;
const problem = (line: string) => nixosProblem(line.split(" "), own)?.says;

test.each([
  [`init=${system}/init`, true],
  [`init=${system}/specialisation/gpu/init`, true],
  [`init=${system}/bin/sh`, false],
  ["init=/sbin/init", false],
  ["init=/nix/store/short-nixos/init", false],
  [`rdinit=${system}/init`, false],
])("%s is the init of a NixOS: %s", (word, is) => expect(isNixosInit(word)).toBe(is));

describe("the command line of a NixOS", () => {
  test("may have more words than its build says", () => {
    expect(problem(own)).toBeUndefined();
    expect(problem(`BOOTIF=01-52 ${own} console=tty1 boot.trace`)).toBeUndefined();
  });

  test.each([
    ["another init", own.replace("0y5w", "1y5w"), /is not the init of this image/],
    ["an init besides its own", `${own} init=/bin/sh`, /`init=\/bin\/sh` is not the init/],
    ["its own twice", `${own} init=${system}/init`, /names 2 `init=`/],
    ["none", "console=ttyS0", /names no `init=`/],
    ["another root", `${own} root=/dev/sda1`, /`root=\/dev\/sda1` stands beside/],
    ["its own root twice", `${own} root=fstab`, /`root=fstab` stands beside/],
  ])("must not have %s", (_, line, says) => expect(problem(line)).toMatch(says));

  test("is nobody else's business", () => {
    expect(nixosProblem(["root=/dev/sda1"], "console=ttyS0 rdinit=/init")).toBeUndefined();
  });
});
