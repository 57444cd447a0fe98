import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/**
 * What a machine proves itself with when it hands in its state. Made of the server's own secret, so that nothing is kept
 * for each machine, and of how often it was revoked, so that one can be made invalid without touching the others.
 */
export function stateToken(
  secret: string,
  { name, mac }: { name: string; mac: string },
  tokensRevoked = 0,
): string {
  const about = JSON.stringify(["dryboot state", name, mac, tokensRevoked]);
  return createHmac("sha256", secret).update(about).digest("base64url");
}

/** Compares in a time that tells nothing: digests are of one length, whatever was given. */
export function isSameToken(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
