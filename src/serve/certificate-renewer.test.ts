import { describe, expect, test } from "vitest";
import { DrybootError } from "../core/errors.ts";
import { Timeline } from "../core/timeline.ts";
import { issueFor, makeAuthority } from "../http/lab-ca.ts";
import type { TlsIdentity } from "../http/listener.ts";
import { CertificateRenewer } from "./certificate-renewer.ts";
import type { ServeFacts } from "./facts.ts";
import type { HttpsIdentity } from "./https-identity.ts";

const identity = async () =>
  await issueFor(await makeAuthority("theirs"), { addresses: ["10.69.0.1"], names: [] });

function renewerOf(cert: string, read: () => Promise<HttpsIdentity>) {
  const timeline = new Timeline<ServeFacts>();
  const used: TlsIdentity[] = [];
  const renewer = new CertificateRenewer(cert, { timeline, read, use: (tls) => void used.push(tls) });
  return { renewer, timeline, used };
}

describe("a certificate that lies on disk", () => {
  test("is taken into use when it is another one, once", async () => {
    const [old, renewed] = await Promise.all([identity(), identity()]);
    const { renewer, timeline, used } = renewerOf(old.cert, async () => {
      return { tls: renewed, files: new Map(), warnings: [] };
    });
    await renewer.renew();
    await renewer.renew();
    expect(used).toEqual([renewed]);
    expect(timeline.facts().map(({ type }) => type)).toEqual(["serve.certificate-renewed"]);
  });

  test("is left alone where it is the same, but for what there is to say about it", async () => {
    const tls = await identity();
    const warning = { problem: "it ends in 3 days", next: "renew it" };
    const { renewer, timeline, used } = renewerOf(tls.cert, async () => {
      return { tls, files: new Map(), warnings: [warning] };
    });
    await renewer.renew();
    expect(used).toEqual([]);
    expect(timeline.facts("serve.warned")).toMatchObject([warning]);
  });

  test("that cannot be used is a warning, and the old one stays", async () => {
    const { renewer, timeline, used } = renewerOf("", async () => {
      throw new DrybootError("it cannot be read", { code: "HTTPS_IDENTITY", where: "x", hint: "mend it" });
    });
    await renewer.renew();
    expect(used).toEqual([]);
    expect(timeline.facts("serve.warned")).toMatchObject([
      { problem: expect.stringMatching(/stays as it is: it cannot be read/), next: "mend it" },
    ]);
  });
});
