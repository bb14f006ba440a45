import { isIP } from "node:net";
import { ExhibitError } from "@exhibit/contracts";

/** What an administrator allows to be called. It is never part of a request. */
export interface AddressPolicy {
  /**
   * Names, or `*.` and what follows: everything below it. A name that is allowed doesn't allow a
   * private address. @defaultValue all names
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Networks that are allowed although they are private, such as `10.1.0.0/16`. */
  readonly allowedRanges?: readonly string[] | undefined;
  /** Allows no other addresses than those of `allowedRanges`. @defaultValue false */
  readonly onlyRanges?: boolean | undefined;
  /** Ports besides that of the scheme. */
  readonly ports?: readonly number[] | "all" | undefined;
  /** Allows `http:` besides `https:`. */
  readonly plain?: boolean | undefined;
}

/** Characters; longer ones are cut by servers and proxies. */
const MAX_URL_LENGTH = 4096;

/**
 * Parses an address as far as its text alone says whether it may be called. Throws ADDRESS_REFUSED;
 * the message names its host at most, as the rest may hold a secret.
 */
export function checkUrl(text: string, policy: AddressPolicy): URL {
  if (text.length > MAX_URL_LENGTH) {
    throw refused(`The address has more than ${MAX_URL_LENGTH.toLocaleString("en")} characters.`);
  }
  const url = URL.parse(text);
  if (url === null) throw refused("The address can't be read: it isn't a whole https:// address.");
  const { protocol, hostname, hash, username, password } = url;
  if (protocol !== "https:" && !(protocol === "http:" && policy.plain === true)) {
    const schemes = policy.plain === true ? "https:// or http://" : "https://";
    throw refused(`The address must begin with ${schemes}.`);
  }
  if (username !== "" || password !== "") {
    throw refused("The address must not hold a user or a password.");
  }
  if (hash !== "" || text.includes("#")) {
    throw refused("The address must not have a fragment (`#…`): it is never sent.");
  }
  const port = portOf(url);
  const { ports = [] } = policy;
  if (url.port !== "" && ports !== "all" && !ports.includes(port)) {
    throw refused(`Port ${port} isn't one that this deployment may call.`);
  }
  if (!isAllowed(hostOf(url), policy.allowedHosts)) {
    throw refused(`${hostname} isn't a host that this deployment may call.`);
  }
  return url;
}

/** Returns the host to connect to: without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

export function portOf({ port, protocol }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

/**
 * Makes the error for whatever may not be called. It is the same whether something is there or not:
 * whoever asks must not learn what there is inside.
 */
export function notCallable(url: URL): ExhibitError {
  return refused(
    `${url.hostname} can't be called: it has no address, or one that this deployment may not call.`,
  );
}

export function refused(sentence: string): ExhibitError {
  return new ExhibitError("ADDRESS_REFUSED", sentence);
}

function isAllowed(host: string, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  return allowed.some((entry) => {
    const rule = entry.toLowerCase();
    // `*.1` isn't a rule for addresses.
    if (rule.startsWith("*.")) return isIP(host) === 0 && host.endsWith(rule.slice(1));
    return host === normal(rule);
  });
}

/** Returns a configured name as a URL's parser writes it. */
function normal(rule: string): string {
  const url = URL.parse(
    `http://${rule.includes(":") && !rule.startsWith("[") ? `[${rule}]` : rule}`,
  );
  return url === null ? rule : hostOf(url);
}
