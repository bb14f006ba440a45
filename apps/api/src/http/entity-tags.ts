import { createHash } from "node:crypto";
import type { onSendAsyncHookHandler } from "fastify";

/**
 * What grows while nothing happens. In JSON text only a member can look like this: a quotation mark in a
 * string is escaped.
 */
const GROWING = /"(?:idle_)?seconds":[\d.e+-]+/g;

/** What whoever asks may do with a thing. Somebody's own text can't look like it, either. */
const MAY = /"may":\[[^\]]*\],?/g;

/**
 * Returns a digest of a view, as JSON text, that stays the same while only the time passes, and is the same
 * for everybody who may see the view, whatever they may do with it.
 */
export function digestOf(json: string): string {
  return shortDigest(json.replace(GROWING, "").replace(MAY, ""));
}

/**
 * Returns the tag of an answer: the digest of what it shows and, behind a dot, that of what its receiver may
 * do, so that it stands for neither somebody else's answer nor an earlier right.
 */
function tagOf(json: string): string {
  const may = json.match(MAY);
  return may === null
    ? digestOf(json)
    : `${digestOf(json)}.${shortDigest(may.join("")).slice(0, 8)}`;
}

function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/**
 * Gives a read that is polled a weak entity tag, and answers 304 without a body if the client has what
 * the tag stands for.
 */
export const tagged: onSendAsyncHookHandler = async (request, reply, payload) => {
  if (reply.statusCode !== 200 || typeof payload !== "string") return payload;
  const tag = `W/"${tagOf(payload)}"`;
  reply.header("etag", tag);
  // A browser may keep it, but has to ask each time.
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "private, no-cache");
  if (!isNamed(request.headers["if-none-match"], tag)) return payload;
  reply.code(304).removeHeader("content-type").removeHeader("content-length");
  return "";
};

/** Returns whether an If-None-Match names a tag; tags are compared weakly, as RFC 9110 says. */
function isNamed(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  const opaque = tag.slice(2);
  return [...header.matchAll(/"[^"]*"/g)].some(([one]) => one === opaque);
}
