import { hash } from "node:crypto";

/** A sum over names tells whether two lists have the same ones, in whatever order, in no memory. */
const MODULUS = 2n ** 128n;

/** How many names are held at once to tell which ones differ. */
export const NAMES_AT_ONCE = 500_000;

/** Adds up names: sums of the same names are the same, of others not. */
export class NameSum {
  #sum = 0n;
  count = 0;

  add(name: string): void {
    this.#sum = (this.#sum + BigInt(`0x${markOf(name)}`)) % MODULUS;
    this.count += 1;
  }

  equals(other: NameSum): boolean {
    return this.count === other.count && this.#sum === other.#sum;
  }
}

function markOf(name: string): string {
  return hash("sha256", name, "hex").slice(0, 32);
}

/** Which share of the names a name belongs to, where all of them are looked at share by share. */
export function shareOf(name: string, shares: number): number {
  return Number.parseInt(markOf(name).slice(0, 8), 16) % shares;
}
