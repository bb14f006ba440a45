import { networkInterfaces } from "node:os";

export interface OwnHosts {
  /** What the server listens on: a name or an address; `0.0.0.0` and `::` mean all addresses of the machine. */
  readonly listensOn: string;
  /** Further names and addresses it is known by, such as a proxy's. */
  readonly names?: readonly string[];
}

/**
 * Makes a check of whether a request was meant for this server: gives true for the authority (`host` or `host:port`) of its
 * own names and addresses, whatever the port. Without it, a web page whose name is made to lead to this machine (DNS
 * rebinding) could read all of a server that only listens on the loopback.
 */
export function createHostCheck({
  listensOn,
  names = [],
}: OwnHosts): (authority: string) => boolean {
  const own = new Set([listensOn, ...names].map(hostOfName));
  const onAll = own.has("0.0.0.0") || own.has("[::]");
  return (authority) => {
    const host = hostOf(authority);
    if (host === undefined) return false;
    // The address of a request that comes by a forwarded port or a proxy on this machine is a loopback one, too.
    return isLoopback(host) || own.has(host) || (onAll && addressesOfMachine().has(host));
  };
}

const AUTHORITY = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

/** The host of an authority, in one spelling; undefined for what isn't an authority. */
export function hostOf(authority: string): string | undefined {
  if (!AUTHORITY.test(authority) || !URL.canParse(`http://${authority}`)) return undefined;
  return new URL(`http://${authority}`).hostname.replace(/\.$/, "");
}

/** A name or address without a port, as it is configured, in the spelling of `hostOf`; undefined for what is neither. */
export function hostOfName(name: string): string | undefined {
  return hostOf(name.includes(":") ? `[${name.replace(/^\[(.*)\]$/, "$1")}]` : name);
}

/** Whether a host, in the spelling of `hostOf`, can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host);
}

/** Asked each time: a machine's addresses change while a server runs. */
function addressesOfMachine(): Set<string | undefined> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => hostOfName(address)));
}
