import { expect } from "vitest";
import { hostFiles } from "../src/host/packages.ts";
import type { ScenarioLab } from "../src/test/scenario.ts";
import { scenario } from "../src/test/scenario.ts";

const noDnsmasq = hostFiles().isProgram("dnsmasq") ? undefined : "no dnsmasq here to lend the addresses";

/** Whether our answers to firmware named a file in the offer itself, and whether port 4011 was asked for one. */
function toldBy(lab: ScenarioLab): { inOffer: boolean; onPort4011: boolean } {
  const sent = lab.facts("dhcp.sent");
  return {
    inOffer: sent.some(
      ({ messageType, bootfileName }) => messageType === "DHCPOFFER" && bootfileName !== undefined,
    ),
    onPort4011: sent.some(({ messageType }) => messageType === "DHCPACK"),
  };
}

scenario.for([
  { lane: "bios-pxe", dialect: "direct", loaders: [] },
  { lane: "bios-pxe", dialect: "redirect", loaders: [] },
  { lane: "uefi-pxe", dialect: "direct", loaders: ["snponly.efi"] },
  { lane: "uefi-pxe", dialect: "redirect", loaders: ["snponly.efi"] },
] as const)(
  "beside another DHCP server, a machine boots by $lane, told the $dialect way",
  async ({ lane, dialect, loaders }, { lab, skip }) => {
    skip(noDnsmasq !== undefined, noDnsmasq);
    await lab.netboot("proxy", (site) => ({
      ...site,
      machines: site.machines.map((machine) => ({ ...machine, dialect })),
    }));
    const machine = await lab.machine("node1", { lane });

    await lab.step("it is switched on", () => machine.powerOn());
    await lab.step("the rescue image asks who logs in", () => lab.isUp(machine));

    // It asked for boot files, and was told them the way the site wants it and no other.
    const isUefi = lane === "uefi-pxe";
    expect(lab.whatRan(machine).clients[0]).toMatchObject({ architecture: isUefi ? 7 : 0, isIpxe: !isUefi });
    expect(toldBy(lab)).toEqual(
      dialect === "direct" ? { inOffer: true, onPort4011: false } : { inOffer: false, onPort4011: true },
    );
    expect(lab.whatRan(machine).loaders).toEqual(loaders);

    // Every address came from the other server, none from us, and the machine has reported from it.
    expect(new Set(lab.facts("dhcp.sent").map(({ yiaddr }) => yiaddr))).toEqual(new Set(["0.0.0.0"]));
    const lent = lab.facts("foreign-dhcp.sent").filter(({ messageType }) => messageType === "DHCPACK");
    const [address] = new Set(lent.map(({ yiaddr }) => yiaddr));
    expect(lab.facts("machine.ready")).toMatchObject([{ machine: "node1", address }]);
  },
);

scenario(
  "a machine that another server knows gets its address and its router from there, and its boot from us",
  async ({ lab, skip }) => {
    skip(noDnsmasq !== undefined, noDnsmasq);
    await lab.netboot("proxy", (site) => ({
      ...site,
      network: { ...site.network, router: "10.69.0.3" },
      machines: site.machines.map((machine) => ({ ...machine, ip: "10.69.0.10" })),
    }));
    const machine = await lab.machine("node1", { lane: "bios-pxe" });
    await machine.powerOn();
    await lab.isUp(machine);
    await machine.logIn("root");

    expect(await machine.run("ip route")).toMatch(/^default via 10\.69\.0\.3 /m);
    expect(lab.facts("machine.ready")).toMatchObject([{ machine: "node1", address: "10.69.0.10" }]);
  },
);
