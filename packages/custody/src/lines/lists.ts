import { createHash, type Hash } from "node:crypto";
import type { DigestName, HexDigest } from "../digest/digest.ts";
import { digestLine } from "./digest-line.ts";

/** What a seal commits to, in the order of `contents.txt`. */
export const listNames = [
  "acts.ndjson",
  "import.json",
  "incidents.ndjson",
  "receipts.ndjson",
  "sha256sum.txt",
] as const;
export type ListName = (typeof listNames)[number];

export function isListName(name: string): name is ListName {
  return listNames.some((known) => known === name);
}

/** Returns `contents.txt`: what `sha256sum` prints of the lists, or would print of them by SM3. The seal has its digest. */
export function contentsOf(digests: Readonly<Record<ListName, HexDigest>>): string {
  return listNames.map((name) => `${digestLine(digests[name], name)}\n`).join("");
}

/**
 * Digests a list while it is made. Lines are handed to the hash one by one: joined before, they
 * would cost five times as much.
 */
export class ListDigest {
  readonly #hash: Hash;

  constructor(name: DigestName = "sha256") {
    this.#hash = createHash(name);
  }

  /** Adds a line, which has no end. */
  add(line: string): void {
    this.#hash.update(`${line}\n`);
  }

  /** Returns the list's digest; nothing can be added any more. */
  end(): HexDigest {
    return this.#hash.digest("hex");
  }
}
