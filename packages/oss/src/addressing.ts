import type { Bucket } from "@exhibit/credentials";
import { encodeKey, encodeQuery, type Query } from "./encoding.ts";

/** Where a request goes. */
export interface Address {
  secure: boolean;
  hostname: string;
  /** Empty for the scheme's own. */
  port: string;
  /** Percent-encoded, with the query. */
  path: string;
}

/** The address of an object, path style or virtual host as the bucket says (PROTOCOLS.md 5.4). */
export function addressOf(bucket: Bucket, key: string, query: Query): Address {
  const endpoint = new URL(bucket.endpoint);
  const search = encodeQuery(query);
  const path = `/${encodeKey(key)}${search === "" ? "" : `?${search}`}`;
  return {
    secure: endpoint.protocol === "https:",
    // URL writes IPv6 addresses in brackets, sockets want them without.
    hostname: bucket.pathStyle
      ? endpoint.hostname.replace(/^\[(.*)\]$/, "$1")
      : `${bucket.name}.${endpoint.hostname}`,
    port: endpoint.port,
    path: bucket.pathStyle ? `/${bucket.name}${path}` : path,
  };
}
