import { isIPv4, isIPv6 } from "node:net";

export type Family = "ipv4" | "ipv6";

/** The addresses from one to another, both included. */
export interface Range {
  readonly family: Family;
  readonly from: bigint;
  readonly to: bigint;
}

/** Returns the addresses of a network such as `10.1.0.0/16`; a single address is a range, too. */
export function rangeOf(cidr: string): Range {
  const [, address = "", given] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(cidr.trim()) ?? [];
  const family = familyOf(address);
  const width = widthOf(family);
  const bits = given === undefined ? width : Number(given);
  if (bits > width) throw new Error("it has more bits than an address");
  const rest = (1n << BigInt(width - bits)) - 1n;
  const from = numberOf(address, family) & ~rest;
  return { family, from, to: from | rest };
}

/** Returns whether a text names a network or an address. */
export function isRange(text: string): boolean {
  try {
    rangeOf(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns the addresses from one to another. */
export function rangeBetween(first: string, last: string): Range {
  const family = familyOf(first);
  return { family, from: numberOf(first, family), to: numberOf(last, family) };
}

/** Returns what is left of ranges when others are cut out of them. */
export function without(ranges: readonly Range[], cut: readonly Range[]): Range[] {
  return cut.reduce<Range[]>(
    (left, hole) =>
      left.flatMap((range) => {
        if (range.family !== hole.family || hole.to < range.from || hole.from > range.to) {
          return [range];
        }
        const parts = [
          { ...range, to: hole.from - 1n },
          { ...range, from: hole.to + 1n },
        ];
        return parts.filter(({ from, to }) => from <= to);
      }),
    [...ranges],
  );
}

/** Returns the address of a number, as `net.BlockList` takes it. */
export function addressOf(number: bigint, family: Family): string {
  const [groups, bits] = family === "ipv4" ? [4, 8n] : [8, 16n];
  const parts = Array.from({ length: groups }, (_, at) => {
    const part = (number >> (BigInt(groups - 1 - at) * bits)) & ((1n << bits) - 1n);
    return part.toString(family === "ipv4" ? 10 : 16);
  });
  return parts.join(family === "ipv4" ? "." : ":");
}

function familyOf(address: string): Family {
  if (isIPv4(address)) return "ipv4";
  // A zone belongs to one machine's interface, and not to a network.
  if (isIPv6(address) && !address.includes("%")) return "ipv6";
  throw new Error("it isn't an address");
}

function widthOf(family: Family): number {
  return family === "ipv4" ? 32 : 128;
}

function numberOf(address: string, family: Family): bigint {
  if (family === "ipv4") return joined(address.split(".").map(Number), 8n);
  // A URL's parser writes each form of an address in the same way, without dots.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [before, after] = [head, tail ?? ""].map(groupsOf) as [number[], number[]];
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return joined([...before, ...zeros, ...after], 16n);
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function joined(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((number, part) => (number << bits) | BigInt(part), 0n);
}
