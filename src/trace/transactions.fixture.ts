import { address, ipxeClient, pxeClient, roleOf, Story, shoe } from "./boots.fixture.ts";
import type { Transaction } from "./transactions.ts";
import { MachineBoots } from "./transactions.ts";

/** Boots that stop somewhere, each a step further than the one before. */

export const from = address;
export const loader = "snponly.efi";
export const script = "/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a";
export const kernel = "/images/rescue/vmlinuz";
export const initrd = "/images/rescue/initrd.gz";

/** The boots of a story, newest first; ten minutes later unless said. */
export function bootsIn(story: Story, now?: number): Transaction[] {
  const boots = new MachineBoots(shoe, roleOf);
  const facts = story.facts();
  for (const fact of facts) boots.feed(fact);
  return boots.transactions(now ?? (facts.at(-1)?.at ?? 0) + 600_000);
}
export const bootIn = (story: Story, now?: number) => bootsIn(story, now)[0];

/** DISCOVER to ACK, with the boot file in both answers. */
export function told(story: Story, ms: number, client: typeof pxeClient, bootfileName?: string): Story {
  const { mac } = shoe;
  const answer = (at: number, messageType: "DHCPOFFER" | "DHCPACK") =>
    story.at(at, "dhcp.sent", {
      ...{ mac, xid: "1", messageType, yiaddr: address, to: "255.255.255.255", reason: "reserved" },
      ...(bootfileName === undefined ? {} : { bootfileName }),
    });
  story.asks(ms, "DHCPDISCOVER", client, "1");
  answer(ms + 1, "DHCPOFFER");
  story.asks(ms + 2, "DHCPREQUEST", client, "1");
  return answer(ms + 3, "DHCPACK");
}
export const silent = (story: Story, ms: number, reason: string, notOurs?: true) =>
  story.at(ms, "dhcp.silent", { mac: shoe.mac, reason, ...(notOurs ? { notOurs } : {}) });
export const loopFact = { mac: shoe.mac, times: 3, withinMs: 9000 };

export const firmware = (file?: string) => told(new Story(), 1000, pxeClient, file);
export const loaded = () => firmware(loader).loadsOverTftp(2000, 2100, loader, 146_800);
export const scripted = () =>
  told(loaded(), 3000, ipxeClient, "http://10.69.0.1/boot.ipxe?x").downloads(
    ...([4000, 4010, script, 900] as const),
  );
export const kernelSent = () => scripted().downloads(5000, 5400, kernel, 8_000_000);
export const tftp = { id: 7, from, file: loader };
export const asked = (story: Story) => story.at(2000, "tftp.requested", { ...tftp, port: 1024, options: {} });
export const answered = (yiaddr: string, bootfileName: string, asks = 3) => {
  const story = new Story();
  for (let n = 0; n < asks; n += 1) {
    const sent = { mac: shoe.mac, xid: "1", messageType: "DHCPOFFER", yiaddr, to: "x", reason: "r" } as const;
    story.asks(1000 * n, "DHCPDISCOVER", pxeClient).at(1000 * n + 1, "dhcp.sent", { ...sent, bootfileName });
  }
  return story;
};
