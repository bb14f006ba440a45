import { endpointOf } from "../options/endpoint.ts";

/** Where a vendor's upload URL points to. */
export interface UploadPlace {
  /** With scheme and without the bucket. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Undefined when the URL names the bucket only. */
  readonly key: string | undefined;
  /** Whether the URL bears a signature: then it is a credential. */
  readonly signed: boolean;
}

/** The parameters that bear the signature, of V4 and of V1. */
const signatureParameters = ["x-oss-signature", "Signature"];

/**
 * Takes an upload URL apart: `http://bucket.endpoint`, perhaps with an object's path, perhaps signed. `endpoint` is what
 * the vendor says of it beside the URL, with or without a scheme. With `pathStyle` a signed URL has the bucket in its path.
 * Undefined for what is none of these.
 */
export function uploadPlace(
  url: string,
  { endpoint: said, pathStyle }: { endpoint: string; pathStyle: boolean },
): UploadPlace | undefined {
  // By hand: URL refuses a bucket before an IP address, and would rewrite what is signed.
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
    ? // A domain that is bound to the bucket stands for it: the bucket's own name isn't known.
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
