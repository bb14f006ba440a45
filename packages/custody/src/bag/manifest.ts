import type { HexDigest } from "../digest/digest.ts";

// Lines of RFC 8493: a path has "%", CR and LF percent-encoded, and nothing else.

/** A line of a manifest. */
interface ManifestLine {
  digest: HexDigest;
  /** Below the bag's folder. */
  path: string;
}

const LINE = /^([0-9a-f]{64}) {2}(.+)$/;

/** Returns a file's line, without its end. */
export function manifestLine({ digest, path }: ManifestLine): string {
  return `${digest}  ${encodePath(path)}`;
}

/** Reads a line, which has no end; undefined if it isn't one of a manifest by SHA-256. */
export function readManifestLine(line: string): ManifestLine | undefined {
  const [, digest, path] = LINE.exec(line) ?? [];
  return digest === undefined || path === undefined
    ? undefined
    : { digest, path: decodePath(path) };
}

/** An entry of `fetch.txt`: where a file that isn't in the bag can be had. */
interface FetchLine {
  /** An address that holds no credentials. */
  url: string;
  /** In bytes. */
  size: number;
  path: string;
}

/** Returns its line, without its end. */
export function fetchLine({ url, size, path }: FetchLine): string {
  return `${url} ${size} ${encodePath(path)}`;
}

const ENCODED: Record<string, string> = { "%": "%25", "\n": "%0A", "\r": "%0D" };
const DECODED: Record<string, string> = { "25": "%", "0a": "\n", "0d": "\r" };

function encodePath(path: string): string {
  return path.replace(/[%\n\r]/g, (character) => ENCODED[character] ?? character);
}

function decodePath(path: string): string {
  return path.replace(/%(25|0a|0d)/gi, (_, hex: string) => DECODED[hex.toLowerCase()] ?? "");
}

/**
 * Returns the address of an object without any credentials, as people write it: with the bucket before
 * the host or, where that is an IP address, before the key. Undefined for an endpoint that isn't a URL.
 */
export function objectUrl(place: {
  endpoint: string;
  bucket: string;
  key: string;
}): string | undefined {
  const base = URL.parse(place.endpoint);
  if (base === null) return undefined;
  const key = place.key.split("/").map(encodeURIComponent).join("/");
  const isAddress = /^[\d.]+$|^\[/.test(base.hostname) || base.hostname === "localhost";
  return isAddress
    ? `${base.origin}/${place.bucket}/${key}`
    : `${base.protocol}//${place.bucket}.${base.host}/${key}`;
}
