import type { HexDigest } from "../digest/digest.ts";
import type { ReceiptLine } from "./receipt-line.ts";

// A list that shows some receipts only has, for each of the others, the hash of its leaf: the root of
// all can still be made, and nobody learns more of them than that they are there.

const WITHHELD = /^\{"leaf":"([0-9a-f]{64})"\}$/;

/** Returns the line that stands for a receipt that isn't shown. */
export function withheldLine(leaf: HexDigest): string {
  return `{"leaf":"${leaf}"}`;
}

/** Returns the hash that a line has in place of a receipt; undefined for a receipt. */
export function withheldLeaf(line: string): HexDigest | undefined {
  return WITHHELD.exec(line)?.[1];
}

/** Reads a receipt's line, as far as a bag needs it; undefined if it isn't one. */
export function readReceiptLine(line: string): ReceiptLine | undefined {
  const value = parsed(line);
  if (typeof value !== "object" || value === null) return undefined;
  const { folder, path, state, size, salt, sha256, raw_path } = value as Record<string, unknown>;
  const isReceipt =
    typeof folder === "number" &&
    typeof size === "number" &&
    [path, state, salt].every((each) => typeof each === "string") &&
    [sha256, raw_path].every((each) => each === undefined || typeof each === "string");
  return isReceipt ? (value as ReceiptLine) : undefined;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
