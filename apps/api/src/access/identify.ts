import { ExhibitError } from "@exhibit/contracts";
import type { Access } from "@exhibit/ingest";
import type { FastifyRequest } from "fastify";
import { SAFE_METHODS } from "./access-guard.ts";
import type { Identify } from "./door.ts";
import { type PublicAddress, sessionTokenOf } from "./session-cookie.ts";

/** Where a browser puts what another page shows within itself. */
const FRAMES: ReadonlySet<string> = new Set(["iframe", "frame", "embed", "object", "fencedframe"]);

const KEY = /exh_[0-9A-Za-z]{20}/;

/**
 * Makes the function that tells who sends a request: by a key or token in `Authorization`, which
 * counts alone, or by the session of a browser. It rejects with ORIGIN_REFUSED when a browser's
 * session comes with a change that no page of ours asks for.
 */
export function createIdentify(
  { authenticate }: Pick<Access, "authenticate">,
  address: PublicAddress,
): Identify {
  return async (request) => {
    if (KEY.test(decoded(request.url))) throw keyInAddress();
    const { authorization } = request.headers;
    if (authorization !== undefined) return await authenticate({ authorization });
    const cookie = sessionTokenOf(request, address);
    if (cookie === undefined) return undefined;
    const principal = await authenticate({ cookie });
    return principal !== undefined && isOfOwnPage(request) ? principal : undefined;
  };
}

/**
 * Returns whether a session counts for a request: a page of ours sends it, or a person opens a page.
 * A cookie is also sent when a page of another port of the same host asks, or shows us in a frame,
 * because all of that is one "site". Browsers tell these apart in Sec-Fetch-…; to an address without
 * TLS that isn't a loopback address they send no such header, so that reading is left to SameSite.
 */
function isOfOwnPage({ method, headers }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (FRAMES.has(headers["sec-fetch-dest"] ?? "")) return false;
  if (!SAFE_METHODS.has(method)) {
    // The guard has compared Origin with ours already.
    if (site === "same-origin" || (site === undefined && headers.origin !== undefined)) return true;
    throw notOfOwnPage();
  }
  if (site === undefined || site === "same-origin" || site === "none") return true;
  return headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
}

/** An address that can't be decoded is taken as it is. */
function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

function keyInAddress(): ExhibitError {
  const message =
    "The address contains a key. Addresses end up in logs and histories, so a key is taken from the header Authorization alone; replace this one.";
  return new ExhibitError("REQUEST_INVALID", message);
}

function notOfOwnPage(): ExhibitError {
  const message =
    "The request changes something in the name of a browser's session, but doesn't say that a page of this API sends it.";
  return new ExhibitError("ORIGIN_REFUSED", message);
}
