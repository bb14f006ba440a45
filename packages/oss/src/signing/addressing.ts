import type { Bucket } from "@exhibit/credentials";
import type { Address } from "../http/request.ts";
import { encodeKey, encodeQuery, type Query } from "./encoding.ts";

/**
 * Returns the address of a signed URL. Its path and query stay as they are, because `URL` would
 * rewrite what is signed.
 */
export function addressOfUrl(url: string): Address {
  const { protocol, hostname, port } = new URL(url);
  return {
    secure: protocol === "https:",
    hostname: withoutBrackets(hostname),
    port,
    path: url.replace(/^[^:]+:\/\/[^/?#]+/, "").replace(/#.*$/s, ""),
  };
}

/**
 * Returns the address of an object, in path style or as a virtual host, as the bucket says
 * (PROTOCOLS.md 5.4).
 */
export function addressOf(bucket: Bucket, key: string, query: Query): Address {
  const search = encodeQuery(query);
  const path = `/${encodeKey(key)}${search === "" ? "" : `?${search}`}`;
  return { ...hostOf(bucket), path: bucket.pathStyle ? `/${bucket.name}${path}` : path };
}

/** The hosts of buckets are kept: parsing an endpoint takes as long as signing a request. */
const hosts = new WeakMap<Bucket, Omit<Address, "path">>();

function hostOf(bucket: Bucket): Omit<Address, "path"> {
  const known = hosts.get(bucket);
  if (known !== undefined) return known;
  const { protocol, hostname, port } = new URL(bucket.endpoint);
  const host = {
    secure: protocol === "https:",
    hostname: bucket.pathStyle ? withoutBrackets(hostname) : `${bucket.name}.${hostname}`,
    port,
  };
  hosts.set(bucket, host);
  return host;
}

/** `URL` writes IPv6 addresses in brackets; sockets want them without. */
function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
