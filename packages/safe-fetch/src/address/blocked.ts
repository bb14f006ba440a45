import { BlockList, isIPv6 } from "node:net";
import { addressOf, type Range, rangeBetween, rangeOf, without } from "./ranges.ts";

/**
 * The addresses that aren't somebody's on the internet: private networks, the machine itself, what a
 * cloud tells its machines (169.254.169.254, 100.100.100.200), documentation, multicast, reserved.
 */
const IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];

/**
 * All but 2000::/3, and in it what carries an IPv4 address (Teredo, 6to4) or is documentation.
 * ::ffff:0:0/96 isn't here: those are IPv4 addresses, which Node compares with the IPv4 rules; with
 * it in the list, all of them would be blocked.
 */
const IPV6: readonly Range[] = [
  rangeBetween("::", "::fffe:ffff:ffff"),
  rangeBetween("::1:0:0:0", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  rangeBetween("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  ...["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map(rangeOf),
];

/** All addresses, but for IPv4 ones that are written as IPv6. */
const ALL: readonly Range[] = without(["0.0.0.0/0", "::/0"].map(rangeOf), [
  rangeOf("::ffff:0:0/96"),
]);

/**
 * Returns the list of addresses that may not be called, `allowed` networks cut out of it. With
 * `onlyThose`, it has all but these.
 */
export function blockedAddresses(allowed: readonly string[] = [], onlyThose = false): BlockList {
  const list = new BlockList();
  const inside = onlyThose ? ALL : [...IPV4.map(rangeOf), ...IPV6];
  const ranges = without(inside, allowed.map(rangeOf));
  for (const { family, from, to } of ranges) {
    list.addRange(addressOf(from, family), addressOf(to, family), family);
  }
  return list;
}

/** Returns whether a list has an address, in whatever form. */
export function isIn(list: BlockList, address: string): boolean {
  const bare = address.replace(/%.*$/, "");
  return list.check(bare, isIPv6(bare) ? "ipv6" : "ipv4");
}
