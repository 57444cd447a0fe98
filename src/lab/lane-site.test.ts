import { describe, expect, test } from "vitest";
import { checkedSite } from "../site/load.ts";
import { siteFor } from "./lane-site.ts";

const site = checkedSite(
  {
    name: "here",
    images: { rescue: { recipe: "rescue" } },
    machines: [{ name: "node1", mac: "52:54:00:69:00:0a", image: "rescue", loader: "ipxe.efi" }],
  },
  "a test",
);

describe("a site as a lane tries it", () => {
  test("is what it was where the lane takes the site's word for the loader", () => {
    expect(siteFor(site, "uefi-pxe")).toEqual(site);
  });

  test("gives the lane's loader to that firmware, also to a machine that has one of its own", () => {
    const tried = siteFor(site, "uefi-grub");
    expect(tried.loaders).toEqual({ ...site.loaders, x64: "grubnetx64.efi" });
    expect(tried.machines[0]).not.toHaveProperty("loader");
    expect(siteFor(site, "bios-pxelinux").loaders).toEqual({ ...site.loaders, bios: "pxelinux.0" });
  });

  test("takes a BIOS machine's ROM for too old where the lane is to chain another iPXE", () => {
    expect(siteFor(site, "bios-undionly").loaders).toMatchObject({
      biosFromIpxe: "ipxe-2.0.0/undionly.kpxe",
      oldestIpxe: "2.0.0",
    });
  });

  test("boots images for the lane's processor, and says which there are", () => {
    const tried = siteFor(site, "arm64-uefi");
    expect(tried.images["rescue"]).toEqual({ recipe: "rescue-arm64" });
    expect(tried.loaders.arm64).toBe("ipxe-1.21.1/ipxe-arm64.efi");
    const installer = {
      ...site,
      images: { rescue: { recipe: "debian-installer" as const, release: 12 as const } },
    };
    expect(() => siteFor(installer, "arm64-uefi")).toThrow(
      expect.objectContaining({ code: "LANE_IMAGE", hint: expect.stringContaining("rescue-arm64") }),
    );
  });
});
