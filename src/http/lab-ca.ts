import type { webcrypto } from "node:crypto";
import "./reflect-metadata.ts";
import * as x509 from "@peculiar/x509";
import type { TlsIdentity } from "./listener.ts";

/** RSA with SHA-256: what every iPXE with HTTPS and every firmware can verify; not all of them know elliptic curves. */
const algorithm = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: Uint8Array.of(1, 0, 1),
  modulusLength: 2048,
} as const;

const day = 86_400_000;
/** Machines whose clock battery is empty live in the past. */
const backdated = 2 * day;

/** An authority of ours, as PEM: its certificate is given to machines, its key to nobody. */
export async function makeAuthority(name: string, now = new Date()): Promise<TlsIdentity> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    ...validity(now, 3650),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString("pem")}\n`, key: await keyPem(keys.privateKey) };
}

/** A server's certificate for these addresses and names, signed by the authority, with a key of its own. */
export async function issueFor(
  authority: TlsIdentity,
  { addresses, names }: { addresses: readonly string[]; names: readonly string[] },
  now = new Date(),
): Promise<TlsIdentity> {
  const issuer = new x509.X509Certificate(authority.cert);
  const [der] = x509.PemConverter.decode(authority.key);
  if (der === undefined) throw new TypeError("an authority's key is no PEM");
  const signingKey = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [names[0] ?? addresses[0] ?? "dryboot"] }],
    issuer: issuer.subject,
    ...validity(now, 825),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      // Firmware and iPXE compare what stands in the URL: an address is one only as an address.
      new x509.SubjectAlternativeNameExtension([
        ...addresses.map((value) => ({ type: "ip" as const, value })),
        ...names.map((value) => ({ type: "dns" as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { cert: `${cert.toString("pem")}\n`, key: await keyPem(keys.privateKey) };
}

/** The bytes of the first certificate in a PEM text: `.der`, as firmware setup wants it. */
export function derOf(pem: string): Uint8Array {
  return new Uint8Array(new x509.X509Certificate(pem).rawData);
}

const validity = (now: Date, days: number) => ({
  notBefore: new Date(now.getTime() - backdated),
  notAfter: new Date(now.getTime() + days * day),
});

/** Positive and never the same twice: browsers refuse a second certificate of one number. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}
