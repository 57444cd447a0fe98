import { expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { listenUdp } from "../core/udp-listener.ts";
import type { ServeFacts } from "./facts.ts";
import { lookAround } from "./look-around.ts";

test.each([
  ["server", ["serve.asked-around", "serve.server-absent"]],
  ["proxy", ["serve.asked-around", "serve.server-absent", "serve.warned"]],
  ["off", []],
] as const)("a server in mode %s says that it looks around before it waits", async (mode, said) => {
  const nobody = await listenUdp("DHCP", "127.0.0.1", 0);
  const timeline = new Timeline<ServeFacts>();
  const question = {
    ...{ address: "127.0.0.1", broadcast: "127.0.0.1", to: "127.0.0.1", waitMs: 20 },
    ports: { client: 0, server: nobody.address().port },
  };
  const { signal } = new AbortController();
  const looking = lookAround(question, { mode, force: false, dryRun: false }, { timeline, signal });
  expect(timeline.facts().map(({ type }) => type)).toEqual(said.slice(0, 1));
  await looking;
  nobody.close();
  expect(timeline.facts().map(({ type }) => type)).toEqual(said);
});
