import { BlockList, isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { isLoopback } from "@exhibit/contracts";
import { isIn } from "./blocked.ts";

/** Where a service of the deployment itself listens. */
export interface OwnPlace {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
}

export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

/**
 * Returns a check of whether one of some addresses is, at this port, a service of the deployment
 * itself: those are never called, even in a network that is allowed.
 */
export function createOwnCheck(
  places: readonly OwnPlace[],
  lookup: Lookup,
): (addresses: readonly string[], port: number) => Promise<boolean> {
  return async (addresses, port) => {
    const hosts = places.filter((place) => place.port === port).map(({ host }) => host);
    if (hosts.length === 0) return false;
    const own = new BlockList();
    for (const host of new Set(hosts)) {
      for (const address of await addressesOf(host, lookup)) {
        own.addAddress(address, isIPv6(address) ? "ipv6" : "ipv4");
      }
      if (isLoopback(host) || host === "::1" || isAll(host)) own.addSubnet("127.0.0.0", 8, "ipv4");
      if (isLoopback(host) || host === "::1" || isAll(host)) own.addAddress("::1", "ipv6");
    }
    return addresses.some((address) => isIn(own, address));
  };
}

function isAll(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

async function addressesOf(host: string, lookup: Lookup): Promise<string[]> {
  if (isAll(host)) {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    return all.map(({ address }) => bare(address));
  }
  if (isIP(host) !== 0) return [bare(host)];
  // A service whose name has no address now can't be reached under it either.
  const found = await lookup(host).catch(() => []);
  return found.map(({ address }) => bare(address));
}

function bare(address: string): string {
  return address.replace(/%.*$/, "");
}
