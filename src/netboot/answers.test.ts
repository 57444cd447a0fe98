import { describe, expect, test } from "vitest";
import type { BootSite } from "../boot/boot-site.ts";
import { defaultLoaders } from "../boot/loaders.ts";
import type { Lease } from "../dhcp/leases.ts";
import type { RestView } from "./answers.ts";
import { restAnswer } from "./answers.ts";

const mac = "52:54:00:69:00:0a";
const site: BootSite = {
  server: "10.69.0.1",
  http: "http://10.69.0.1",
  machines: [{ name: "node1", mac, image: "rescue", commandLine: "password=hunter2" }],
  images: new Map(),
  loaders: defaultLoaders,
};
const lease = (address: string, more: Partial<Lease>): Lease => {
  return { address, client: `1/${mac}`, mac, state: "bound", until: Date.now() + 60_000, ...more };
};
const view: RestView = {
  site,
  images: new Map(),
  readers: [{ network: "10.69.0.8", prefixLength: 29 }],
  stateOf: () => ({}),
  leases: () => [lease("10.69.0.10", {}), lease("10.69.0.11", { mac: "02:00:00:00:00:01", until: 1 })],
  status: () => ({ server: "10.69.0.1" }),
};
const get = (path: string, address = "10.69.0.1") =>
  restAnswer({ method: "GET", path, address, headers: {}, query: new URLSearchParams() }, view);
const bodyOf = (answer: ReturnType<typeof get>) => (answer && "text" in answer ? answer.text : "");

describe("the REST API", () => {
  test.each([
    ["10.69.0.1", 200], // the server itself
    ["127.0.0.1", 200],
    ["10.69.0.9", 200], // in api.allow
    ["10.69.0.10", 200],
    ["10.69.0.16", 403],
    ["192.0.2.1", 403],
    ["fe80::1", 403],
    ["", 403],
  ])("answers %s with %i on every path", (from, status) => {
    for (const path of ["v1/status", "v1/leases", "v1/machines"]) {
      expect(get(path, from)).toMatchObject({ status });
    }
  });

  test("lists who has which address, without what is over", () => {
    const { leases } = JSON.parse(bodyOf(get("v1/leases"))) as { leases: object[] };
    expect(leases).toMatchObject([{ address: "10.69.0.10", machine: "node1", state: "bound" }]);
    expect(leases).toHaveLength(1);
  });

  test("lists machines, and tells nobody their command lines", () => {
    const text = bodyOf(get("v1/machines"));
    expect(JSON.parse(text)).toEqual({
      machines: [{ name: "node1", mac, image: "rescue", address: "10.69.0.10" }],
    });
    expect(text).not.toContain("hunter2");
  });

  test("says 404 of what boots nothing here, and leaves other paths to others", () => {
    expect(get("v1/boot/02:00:00:00:00:01", "192.0.2.1")).toMatchObject({ status: 404 });
    expect(get("v1/other")).toBeUndefined();
    expect(get("boot.ipxe")).toBeUndefined();
  });
});
