import { describe, expect, test } from "vitest";
import { checkedSite } from "./load.ts";
import type { SiteFile } from "./schema.ts";

const withLoaders = (loaders: SiteFile["loaders"]) => () => checkedSite({ name: "here", loaders }, "a test");

describe("a site that wants no old iPXE", () => {
  test("must not give an old one", () => {
    expect(withLoaders({ oldestIpxe: "2.0.0", biosFromIpxe: "ipxe-1.21.1/undionly.kpxe" })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /`loaders\.biosFromIpxe` is ipxe-1\.21\.1\/undionly\.kpxe, .* it is 1\.0\.0/,
        ),
        hint: expect.stringContaining("ipxe-2.0.0/undionly.kpxe"),
      }),
    );
    expect(withLoaders({ oldestIpxe: "2.0.0", ipxe: "1.0.0" })).toThrow(/loaders\.(biosFromIpxe|x64)/);
  });

  test("may give a newer one, one of whose version nothing is known, and what is no iPXE", () => {
    expect(withLoaders({ oldestIpxe: "2.0.0", ipxe: "2.0.0" })).not.toThrow();
    expect(withLoaders({ oldestIpxe: "2.0.0" })).not.toThrow();
    expect(withLoaders({ oldestIpxe: "2.0.0", ipxe: "2.0.0", x64: "grubnetx64.efi" })).not.toThrow();
  });
});
