import { endpointOf } from "../options/endpoint.ts";

/** Where a vendor's upload URL points to. */
export interface UploadPlace {
  /** With scheme and without the bucket. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Undefined if the URL names only the bucket. */
  readonly key: string | undefined;
  /** Whether the URL has a signature, and so is a credential. */
  readonly signed: boolean;
}

/** The parameters with the signature, in V4 and V1. */
const signatureParameters = ["x-oss-signature", "Signature"];

/**
 * Parses an upload URL: `http://bucket.endpoint`, optionally with an object's path, optionally
 * signed. `endpoint` is what the answer says besides the URL, with or without a scheme. With
 * `pathStyle`, a signed URL has the bucket in its path. Returns undefined for anything else.
 */
export function uploadPlace(
  url: string,
  { endpoint: said, pathStyle }: { endpoint: string; pathStyle: boolean },
): UploadPlace | undefined {
  // Not by `URL`, which refuses a bucket before an IP address, and would rewrite what is signed.
  const parts = /^(https?:\/\/)([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(url);
  const endpoint = endpointOf(said);
  if (parts === null || endpoint === undefined || !/^[\x21-\x7e]+$/.test(url)) return undefined;
  const [, scheme = "", host = "", rawPath = "", query = ""] = parts;
  const path = decoded(rawPath.slice(1));
  if (path === undefined) return undefined;
  if (query !== "") {
    return isSigned(query) ? signedPlace({ scheme, host, path, endpoint, pathStyle }) : undefined;
  }
  const bucket = bucketBefore(endpoint, host);
  const key = path === "" ? undefined : path;
  return bucket === undefined ? undefined : { endpoint, bucket, key, signed: false };
}

interface SignedParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly endpoint: string;
  readonly pathStyle: boolean;
}

function signedPlace({ scheme, host, path, endpoint, pathStyle }: SignedParts) {
  if (pathStyle) {
    const [, bucket, key] = /^([^/]+)\/(.+)$/s.exec(path) ?? [];
    if (bucket === undefined) return undefined;
    return { endpoint: scheme + host, bucket, key, signed: true };
  }
  if (path === "") return undefined;
  const bucket = bucketBefore(endpoint, host);
  return bucket === undefined
    ? // A custom domain stands for its bucket, whose own name isn't known.
      { endpoint: scheme + host, bucket: host, key: path, signed: true }
    : { endpoint, bucket, key: path, signed: true };
}

function isSigned(query: string): boolean {
  const parameters = new URLSearchParams(query);
  return signatureParameters.some((name) => (parameters.get(name) ?? "") !== "");
}

function bucketBefore(endpoint: string, host: string): string | undefined {
  const end = `.${endpoint.replace(/^https?:\/\//, "").toLowerCase()}`;
  const bucket = host.slice(0, -end.length);
  const isOfIt = host.toLowerCase().endsWith(end) && bucket !== "" && !bucket.includes(".");
  return isOfIt ? bucket : undefined;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
