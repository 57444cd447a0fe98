import { X509Certificate } from "node:crypto";
import { DrybootError } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import type { TlsIdentity } from "../http/listener.ts";
import type { ServeFacts } from "./facts.ts";
import type { HttpsIdentity } from "./https-identity.ts";

interface RenewerDeps {
  timeline: Recorder<ServeFacts>;
  /** What the files hold now. */
  read(): Promise<HttpsIdentity>;
  use(identity: TlsIdentity): void;
}

/** Takes a certificate that was renewed on disk into use, without a restart. */
export class CertificateRenewer {
  #cert: string | undefined;
  readonly #deps: RenewerDeps;

  constructor(cert: string | undefined, deps: RenewerDeps) {
    this.#cert = cert;
    this.#deps = deps;
  }

  /** The site is served on whatever comes of it: what cannot be used, or not be read without root, is a warning. */
  async renew(): Promise<void> {
    const { timeline, read, use } = this.#deps;
    try {
      const { tls, warnings } = await read();
      if (tls.cert !== this.#cert) {
        use(tls);
        this.#cert = tls.cert;
        timeline.record("serve.certificate-renewed", { until: new X509Certificate(tls.cert).validTo });
      }
      for (const warning of warnings) timeline.record("serve.warned", warning);
    } catch (error) {
      if (!(error instanceof DrybootError)) throw error;
      timeline.record("serve.warned", {
        problem: `the certificate stays as it is: ${error.message}`,
        next: error.hint,
      });
    }
  }
}
