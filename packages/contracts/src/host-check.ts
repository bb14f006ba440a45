import { networkInterfaces } from "node:os";
import { hostOf, hostOfName, isLoopback } from "./hosts.ts";

export interface OwnHosts {
  /**
   * The name or address that the server listens on; `0.0.0.0` and `::` mean all of the machine's.
   */
  readonly listensOn: string;
  /** Other names and addresses that lead to it, such as a proxy's. */
  readonly names?: readonly string[];
}

/**
 * Returns a check of whether a request is meant for this server: true for an authority (`host` or
 * `host:port`) with one of its own names or addresses, whatever the port. Without it, a web page
 * whose name is made to resolve to this machine (DNS rebinding) could read everything from a server
 * that only listens on the loopback.
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
    // Requests by a forwarded port or a proxy on this machine have a loopback address, too.
    return isLoopback(host) || own.has(host) || (onAll && addressesOfMachine().has(host));
  };
}

/** Read each time: a machine's addresses change while a server runs. */
function addressesOfMachine(): Set<string | undefined> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => hostOfName(address)));
}
