import { decideBootService } from "../dhcp/boot-service.ts";
import { bootProtocolOf, clientOf } from "../dhcp/client.ts";
import { decide } from "../dhcp/decide.ts";
import { LeaseTable } from "../dhcp/leases.ts";
import type { DhcpMessage } from "../dhcp/message.ts";
import { anyAddress, encodeMessage } from "../dhcp/message.ts";
import type { DhcpPolicy } from "../dhcp/policy.ts";
import type { BootSite } from "./boot-site.ts";
import type { AskingClient } from "./explain-clients.ts";
import { discoverOf, requestAfter } from "./explain-clients.ts";
import type { ExplainedImage, FetchStep, LoaderOnHost } from "./explain-fetch.ts";
import { ipxeLoadedBy, stepsAfter } from "./explain-fetch.ts";
import type { ShownMessage } from "./explain-message.ts";
import { showMessage } from "./explain-message.ts";
import { placeOf } from "./explain-settings.ts";
import type { StateOf } from "./plan.ts";
import { asksApi, planFor } from "./plan.ts";

/** All that the answers depend on; `policy` is the live server's, with its boot answer. */
export type ExplainWorld = Readonly<{
  site: BootSite;
  policy: DhcpPolicy;
  /** Those that are built, by their name in the site. */
  images: ReadonlyMap<string, ExplainedImage>;
  /** Those found on this host, by the name a firmware asks for. */
  loaders: ReadonlyMap<string, LoaderOnHost>;
  /** What is remembered of machines; `policy` knows it too. */
  stateOf?: StateOf;
}>;

export type DhcpStep = Readonly<{
  step: "dhcp";
  who: string;
  request: ShownMessage;
  /** Which machine of the site this is and why, or that it is none. */
  matched: string;
  machine?: string;
  answer: Readonly<{ silent: string } | { reply: ShownMessage; to: string; reason: string }>;
  /** What came of the request that follows an offer. */
  next?: string;
}>;

export type Step = DhcpStep | FetchStep;

/** Everything that happens to one client, from its first packet on. */
export type Explanation = Readonly<{ mac: string; steps: readonly Step[]; warnings: readonly string[] }>;

/** More would be a loop that the site closes by itself: firmware, its loader, and one that asks again. */
const mostExchanges = 4;

/** What a client is answered at every step of its boot, by the functions that answer it in earnest. Pure. */
export function explainClient(client: AskingClient, world: ExplainWorld, now = 0): Explanation {
  const leases = new LeaseTable();
  const steps: Step[] = [];
  let asking = client;
  let who = client.preset.says;
  for (let exchanges = 0; exchanges < mostExchanges; exchanges += 1) {
    const discover = discoverOf(asking);
    const { step, reply } = explainMessage(discover, who, world, leases, now);
    const acknowledgement = reply && acknowledged(discover, reply, step, world, leases, now);
    steps.push(acknowledgement === undefined ? step : { ...step, next: acknowledgement });
    const redirected = reply && redirection(discover, reply, who, world);
    if (redirected) steps.push(redirected.step);
    const told = redirected ? redirected.reply : reply;
    const fetched = told ? stepsAfter(told, discover, world, asking) : [silenceTo(discover)];
    steps.push(...fetched);
    const loaded = ipxeLoadedBy(fetched, asking);
    if (!loaded) return explanation(client.mac, [...steps, ...unknownLoader(fetched)]);
    asking = loaded.client;
    who = loaded.who;
  }
  const says = `it was given a loader ${mostExchanges} times and would be for ever: this site is a loop`;
  return explanation(client.mac, [...steps, { step: "end", says, warning: says }]);
}

function silenceTo(request: DhcpMessage): FetchStep {
  const goesOn =
    bootProtocolOf(clientOf(request)) === undefined
      ? "and has no address if nobody else gives it one"
      : "asks again for up to a minute, and goes on to its next boot device";
  return { step: "end", says: `it hears nothing from this server, ${goesOn}` };
}

function unknownLoader([fetched, ...more]: readonly FetchStep[]): FetchStep[] {
  if (fetched?.step !== "loader" || more.length > 0) return [];
  return [
    {
      step: "end",
      says: `what ${fetched.file} does next is not known here: it is no loader we know by its name`,
    },
  ];
}

/** What a proxy's offer without a boot file leads to: the same question, to port 4011 (PXE 2.1 §2.2.4). */
function redirection(
  discover: DhcpMessage,
  offer: DhcpMessage,
  who: string,
  world: ExplainWorld,
): { step: DhcpStep; reply?: DhcpMessage } | undefined {
  const named = offer.options.bootfileName ?? offer.file;
  if (offer.yiaddr !== anyAddress || named !== "") return undefined;
  // The other server lends it; any address of the network serves to show what is answered.
  const [ciaddr = world.policy.subnet.network] = world.policy.range ?? [];
  const request: DhcpMessage = {
    ...discover,
    ciaddr,
    options: { ...discover.options, messageType: "DHCPREQUEST" },
  };
  return explainBootService(request, { address: ciaddr, port: 4011 }, who, world);
}

/** One message to the boot server's port, and its answer. */
export function explainBootService(
  request: DhcpMessage,
  source: Readonly<{ address: string; port: number }>,
  who: string,
  world: Pick<ExplainWorld, "site" | "policy">,
): { step: DhcpStep; reply?: DhcpMessage } {
  const decision = decideBootService(request, source.address, world.policy, { attempt: () => undefined });
  const step = asked(request, `${who}, at port 4011,`, world.site);
  if ("silent" in decision) return { step: { ...step, answer: { silent: decision.silent } } };
  const { reply, reason } = decision;
  const answer = { reply: showMessage(encodeMessage(reply)), to: `${source.address}:${source.port}`, reason };
  return { step: { ...step, answer }, reply };
}

/** One message and its answer. The lease is stored, as the server would before it sends. */
export function explainMessage(
  request: DhcpMessage,
  who: string,
  { site, policy }: Pick<ExplainWorld, "site" | "policy">,
  leases: LeaseTable,
  now: number,
): { step: DhcpStep; reply?: DhcpMessage } {
  const decision = decide(request, policy, leases, now);
  if (decision.store) leases.store(decision.store);
  const step = { ...asked(request, who, site), answer: answerOf(decision) };
  return "silent" in decision ? { step } : { step, reply: decision.reply.message };
}

function asked(request: DhcpMessage, who: string, site: BootSite): Omit<DhcpStep, "answer"> {
  const { machine } = planFor(clientOf(request), site);
  return {
    step: "dhcp",
    who,
    request: showMessage(encodeMessage(request)),
    matched: matchedBy(request, site),
    ...(machine === undefined ? {} : { machine: machine.name }),
  };
}

function answerOf(decision: ReturnType<typeof decide>): DhcpStep["answer"] {
  if ("silent" in decision) return { silent: decision.silent };
  const { message, to } = decision.reply;
  const port = to.port === "relay" ? 67 : 68;
  return { reply: showMessage(encodeMessage(message)), to: `${to.address}:${port}`, reason: decision.reason };
}

/** Firmware believes what the ACK says, so an offer is only half of the answer. */
function acknowledged(
  discover: DhcpMessage,
  offer: DhcpMessage,
  { answer }: DhcpStep,
  world: ExplainWorld,
  leases: LeaseTable,
  now: number,
): string | undefined {
  if (offer.yiaddr === anyAddress) return "its address comes from the network's other DHCP server";
  const { step } = explainMessage(requestAfter(discover, offer), "", world, leases, now);
  if ("silent" in step.answer) return `its DHCPREQUEST is not answered: ${step.answer.silent}`;
  const { reply } = step.answer;
  const differs = "reply" in answer ? differences(answer.reply, reply) : [];
  const alike = differs.length === 0 ? "saying the same" : `differing in ${differs.join(", ")}`;
  return `its DHCPREQUEST gets a ${reply.messageType}, ${alike}`;
}

function differences(one: ShownMessage, other: ShownMessage): string[] {
  const fields = (shown: ShownMessage) =>
    new Map([
      ...Object.entries(shown.header),
      ...shown.options.map(({ name, hex }): [string, string] => [name, hex]),
    ]);
  const [left, right] = [fields(one), fields(other)];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => name !== "messageType" && left.get(name) !== right.get(name));
}

/** The plan says which machine it is; this says by what. */
function matchedBy(request: DhcpMessage, site: BootSite): string {
  const client = clientOf(request);
  const plan = planFor(client, site);
  const { machine } = plan;
  const { image } = plan.settings;
  const own =
    image === undefined ? "there is no image for it" : `its image is ${image.value}, by ${placeOf(image)}`;
  const boots = asksApi(plan, site) ? `the boot API at ${site.api?.url} is asked; else ${own}` : own;
  if (!machine) return `no machine of the site has the MAC ${client.mac}; ${boots}`;
  const by = machine.mac === client.mac ? `by its MAC ${client.mac}` : `by its UUID ${client.uuid}`;
  return `${machine.name}, ${by}; ${boots}`;
}

function explanation(mac: string, steps: readonly Step[]): Explanation {
  const warnings = steps.flatMap((step) => {
    if (step.step !== "dhcp") return step.warning ?? [];
    if ("silent" in step.answer) return [];
    const { reply, reason } = step.answer;
    const bootfile = reply.options.find(({ name }) => name === "bootfileName");
    return [
      ...(reason.includes("left out") ? [`to ${step.who}: ${reason.slice(reason.indexOf("left out"))}`] : []),
      ...(bootfile && reply.header["file"] === undefined
        ? [
            "the boot file's name is too long for the `file` field: firmware that reads nothing else gets none",
          ]
        : []),
    ];
  });
  return { mac, steps, warnings: [...new Set(warnings)] };
}
