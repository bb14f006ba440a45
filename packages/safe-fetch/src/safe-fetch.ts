import { lookup as lookUp } from "node:dns/promises";
import { isIP } from "node:net";
import { blockedAddresses, isIn } from "./address/blocked.ts";
import { type AddressPolicy, checkUrl, hostOf, notCallable, refused } from "./address/check-url.ts";
import { createOwnCheck, type Lookup, type OwnPlace } from "./address/own-places.ts";
import type { Dialler } from "./http/dial.ts";
import { exchange, type SafeRequest, type SafeResponse } from "./http/exchange.ts";

export interface SafeFetchOptions extends AddressPolicy {
  /** Services of the deployment itself, which are never called. */
  readonly own?: readonly OwnPlace[];
  /** @defaultValue the system's own, with its files and name servers */
  readonly lookup?: Lookup;
  /** PEM certificates to trust instead of those that Node does. */
  readonly ca?: string;
}

/**
 * HTTP to addresses that others name: a webhook's, a link's. Only addresses on the internet are
 * called, and those that an administrator has allowed; never through a proxy of the environment,
 * which would look the name up by itself.
 */
export interface SafeFetch {
  /**
   * Returns the parsed address if its text alone doesn't forbid to call it. Throws ADDRESS_REFUSED.
   * No name is looked up.
   */
  check(address: string): URL;
  /**
   * Sends a request and returns its answer with an unread body; whoever doesn't read it to its end
   * disposes of it. Each redirect is checked like the first address. Throws ADDRESS_REFUSED, in the
   * same words whatever is at an address that may not be called, ADDRESS_UNREACHABLE, or the reason of
   * the signal.
   */
  fetch(address: string, request?: SafeRequest): Promise<SafeResponse>;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What is for one origin alone. */
const CREDENTIALS = /^(?:authorization|cookie|proxy-authorization)$/i;

export function createSafeFetch(options: SafeFetchOptions): SafeFetch {
  const lookup: Lookup = options.lookup ?? ((host) => lookUp(host, { all: true }));
  const dialler: Dialler = {
    blocked: blockedAddresses(options.allowedRanges, options.onlyRanges),
    isOwn: createOwnCheck(options.own ?? [], lookup),
    lookup,
    ca: options.ca,
  };

  function check(address: string): URL {
    const url = checkUrl(address, options);
    const host = hostOf(url);
    if (isIP(host) !== 0 && isIn(dialler.blocked, host)) throw notCallable(url);
    return url;
  }

  return {
    check,
    async fetch(address, request = {}) {
      const { method = "GET", redirects = 0 } = request;
      let url = check(address);
      let { headers = {} } = request;
      for (let followed = 0; ; followed += 1) {
        const response = await exchange(url, { ...request, headers }, dialler);
        const { location } = response.headers;
        const isRedirect = REDIRECTS.has(response.status) && location !== undefined;
        if (method !== "GET" || redirects === 0 || !isRedirect) return response;
        response[Symbol.dispose]();
        if (followed >= redirects) {
          throw refused(`${url.hostname} redirects more than ${redirects} times.`);
        }
        const next = check(locationOf(location, url));
        if (url.protocol === "https:" && next.protocol === "http:") {
          throw refused(`${url.hostname} redirects from https:// to http://.`);
        }
        if (next.origin !== url.origin) headers = withoutCredentials(headers);
        url = next;
      }
    },
  };
}

/** Returns where a redirect leads. Node reads headers as Latin-1, and servers write UTF-8. */
function locationOf(header: string, from: URL): string {
  const location = Buffer.from(header, "latin1").toString("utf8");
  return URL.parse(location, from.href)?.href ?? location;
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.test(name)));
}
