import { DecodeError } from "../core/errors.ts";
import { ByteReader, ByteWriter } from "../wire/bytes.ts";
import type { Codec } from "../wire/codec.ts";
import type { Subnet } from "../wire/ipv4.ts";
import { formatIpv4, ipv4Number } from "../wire/ipv4.ts";

export type ClasslessRoute = Subnet & Readonly<{ router: string }>;

/** RFC 3442 §2: a prefix length, as many bytes of the network as it covers, and the router. */
export const classlessRoutes: Codec<readonly ClasslessRoute[]> = {
  decode(bytes, field) {
    const reader = new ByteReader(bytes);
    const routes: ClasslessRoute[] = [];
    while (reader.left > 0) {
      const at = reader.offset;
      const prefixLength = reader.u8(field);
      if (prefixLength > 32) throw new DecodeError(field, at, `has a prefix of ${prefixLength} bits`);
      const network = new Uint8Array(4);
      network.set(reader.take(Math.ceil(prefixLength / 8), field));
      routes.push({ network: network.join("."), prefixLength, router: formatIpv4(reader.u32(field)) });
    }
    return routes;
  },
  encode(routes) {
    const writer = new ByteWriter();
    for (const { network, prefixLength, router } of routes) {
      writer.u8(prefixLength);
      const significant = new ByteWriter().u32(ipv4Number(network)).finish();
      writer.bytes(significant.subarray(0, Math.ceil(prefixLength / 8)));
      writer.u32(ipv4Number(router));
    }
    return writer.finish();
  },
};
