import { digestOf, type HexDigest } from "../digest/digest.ts";

// The register is a chain of digests: each head commits to all entries before it, and whoever
// holds one can check that nothing before it was changed, left out or exchanged, without being
// shown the entries' texts.

/** Returns the head of a register that has no entries yet. */
export function firstHead(register: string): HexDigest {
  return digestOf(`${register}\n`);
}

/** Returns the head after an entry. */
export function nextHead(head: HexDigest, digest: HexDigest): HexDigest {
  return digestOf(`${head} ${digest}\n`);
}
