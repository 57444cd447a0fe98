import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { run } from "../core/child.ts";
import { Timeline } from "../core/timeline.ts";
import type { NdpFacts } from "./facts.ts";
import { startRouterAdvertisements } from "./server.ts";

const namespace = ["--user", "--map-root-user", "--net"] as const;

const canMakeNamespaces = (() => {
  try {
    execFileSync("unshare", [...namespace, "ip", "link", "add", "v0", "type", "veth"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe("the router of a segment", () => {
  // Needs user namespaces and iproute2: `./dryboot doctor` says what is missing.
  test.skipIf(!canMakeNamespaces)(
    "answers a host at once, and the host gets no route and no address",
    async () => {
      const script = `
      ip link add v0 type veth peer name v1
      for end in v0 v1; do echo 0 > /proc/sys/net/ipv6/conf/$end/accept_dad; done
      echo 0 > /proc/sys/net/ipv6/conf/v1/router_solicitation_delay
      echo 0 > /proc/sys/net/ipv6/conf/v0/accept_ra
      ip link set v0 up
      exec "$1" "$2"`;
      const fixture = new URL("solicit.fixture.ts", import.meta.url).pathname;
      const args = [...namespace, "sh", "-c", script, "sh", process.execPath, fixture];
      const seen = JSON.parse(await run("unshare", args, { timeoutMs: 10_000 }));

      // Before there is somebody at the other end of the cable, there is no address to send from.
      expect(seen.facts[0]).toMatchObject({
        type: "ndp.silent",
        reason: expect.stringMatching(/EADDRNOTAVAIL/),
      });
      const asked = seen.facts.findLast((fact: { type: string }) => fact.type === "ndp.solicited");
      const answered = seen.facts.find((fact: { solicited?: boolean }) => fact.solicited);
      expect(asked).toMatchObject({
        from: expect.stringMatching(/^fe80::/),
        mac: expect.stringMatching(/^\w\w(:\w\w){5}$/),
      });
      expect(answered).toMatchObject({ type: "ndp.advertised", to: "ff02::1" });
      expect(seen).toMatchObject({ heard: 1, errors: 0, defaultRoute: "", globalAddresses: "" });
    },
    15_000,
  );

  test("says what is wrong when there is no such interface", async () => {
    const deps = { timeline: new Timeline<NdpFacts>(), signal: new AbortController().signal };
    await expect(startRouterAdvertisements({ interface: "nosuch0" }, deps)).rejects.toMatchObject({
      name: "DrybootError",
      code: "NDP_SOCKET_FAILED",
      message: "cannot find nosuch0 (ENODEV)",
    });
  });

  test("does not start once it has been told to stop", async () => {
    const deps = { timeline: new Timeline<NdpFacts>(), signal: AbortSignal.abort() };
    await expect(startRouterAdvertisements({ interface: "lo" }, deps)).rejects.toThrow(/aborted/);
  });
});
