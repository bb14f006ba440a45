import type { Finding, SealedEntry } from "@exhibit/ledger";
import type { ListedObject, ObjectFacts, ReadObject } from "@exhibit/oss";

/**
 * Milliseconds by which an object may be younger than its receipt: both times are whole seconds, and
 * OSS answers a moment after it has written.
 */
const GRAIN = 2000;

type Facts = Partial<Omit<ObjectFacts, "lastModified">> &
  Pick<ListedObject, "size" | "lastModified">;

/**
 * Compares what OSS tells of an object with its receipt. Whoever writes an object can make up a CRC64,
 * but not its Last-Modified.
 */
export function compareFacts(entry: SealedEntry, facts: Facts | undefined): Finding | undefined {
  if (facts === undefined) return findingOf(entry, { kind: "missing" });
  const { receipt } = entry;
  const pairs: [string, string | undefined, string | undefined][] = [
    ["size", String(receipt.size), String(facts.size)],
    ["crc64", receipt.crc64, facts.crc64?.toString()],
    ["etag", receipt.etag, facts.etag],
  ];
  for (const [what, expected, found] of pairs) {
    if (expected !== undefined && found !== undefined && expected !== found)
      return findingOf(entry, { kind: "differs", what, expected, found });
  }
  const written = Date.parse(receipt.stored_at ?? "");
  if (Number.isNaN(written) || facts.lastModified.getTime() - written <= GRAIN) return undefined;
  return findingOf(entry, {
    kind: "younger",
    what: "last_modified",
    expected: receipt.stored_at,
    found: facts.lastModified.toISOString(),
  });
}

/** Compares bytes that were read with a receipt: an object's, or its source's. */
export function compareBytes(
  entry: SealedEntry,
  { size, sha256 }: Pick<ReadObject, "size" | "sha256">,
): Finding | undefined {
  const { receipt } = entry;
  if (size !== receipt.size) {
    const sizes = { expected: String(receipt.size), found: String(size) };
    return findingOf(entry, { kind: "differs", what: "size", ...sizes });
  }
  const found = Buffer.from(sha256).toString("hex");
  if (found === receipt.sha256) return undefined;
  return findingOf(entry, { kind: "differs", what: "sha256", expected: receipt.sha256, found });
}

export function findingOf(
  { place, fileId, receipt }: SealedEntry,
  finding: Pick<Finding, "kind"> & Partial<Finding>,
): Finding {
  return { folder: place.folder, fileId, path: receipt.path, key: receipt.key, ...finding };
}
