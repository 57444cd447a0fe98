import { expect, test } from "vitest";
import { requireTool } from "./require-tool.ts";

const having = (...names: string[]) => ({ isProgram: (name: string) => names.includes(name) });
const where = "`dhcp.mode` of the site office";

test("an optional program that a boot needs is missed before anything starts, and its package named", () => {
  expect(() => requireTool("dnsmasq", "to lend addresses", { where, files: having("ip") })).toThrow(
    expect.objectContaining({
      message: "dnsmasq is not installed, and is needed to lend addresses",
      where,
      hint: expect.stringContaining("`dnsmasq-base`"),
      code: "TOOL_MISSING",
      exitCode: 2,
    }),
  );
});

test("one that is there is no matter", () => {
  expect(() => requireTool("dnsmasq", "", { where, files: having("dnsmasq") })).not.toThrow();
});
