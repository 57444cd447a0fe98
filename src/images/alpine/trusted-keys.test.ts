import { createPublicKey } from "node:crypto";
import { expect, test } from "vitest";
import { alpineKeys } from "./trusted-keys.ts";

test.each([
  ["x86_64", 3],
  ["aarch64", 2],
] as const)("the keys for %s are RSA keys", (arch, count) => {
  const keys = [...alpineKeys(arch)];
  expect(keys).toHaveLength(count);
  for (const [name, pem] of keys) {
    expect(name).toMatch(/^alpine-devel@lists\.alpinelinux\.org-[0-9a-f]{8}\.rsa\.pub$/);
    expect(createPublicKey(pem).asymmetricKeyType).toBe("rsa");
  }
});
