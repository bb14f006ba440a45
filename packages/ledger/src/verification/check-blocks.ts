import { BLOCK_LEAVES, leafHash, marksOf, matchLeaves, rootOf } from "@exhibit/custody";
import type { Ledger } from "../ledger.ts";
import type { SealRecord } from "../sealing/read-seal.ts";
import {
  isBehind,
  type Place,
  type SealedEntry,
  sealedEntriesBetween,
} from "../sealing/receipts.ts";
import type { Finding, Tally } from "./finding.ts";
import { PART_RECEIPTS } from "./verifications.ts";

const BLOCKS = PART_RECEIPTS / BLOCK_LEAVES;

interface Block {
  number: number;
  first: Place;
  root: string;
  rootSm3: string | undefined;
  marks: Uint8Array;
}

/** An entry with the hash of its line. */
interface Leaf {
  entry: SealedEntry;
  hash: string;
}

/** Goes over the entries of a part, in their order. */
export type OnEntry = (entry: SealedEntry) => void;

/** What was found of a part. */
export interface CheckedBlocks extends Tally {
  /** The last entry. */
  readonly place: Place | undefined;
  /** Whether all of the part's entries were gone over, and no others. */
  readonly isWhole: boolean;
}

/**
 * Compares the entries of a part with what was kept of them when they were sealed, and names those
 * that were changed, added or taken away. A part is sixteen blocks. What was kept may itself have been
 * changed: the root of all entries tells that in the end.
 */
export async function checkBlocks(
  ledger: Ledger,
  { sealed }: SealRecord,
  { part, parts, leaves }: { part: number; parts: number; leaves: number },
  onEntry: OnEntry,
): Promise<CheckedBlocks> {
  const start = part * BLOCKS;
  const { blocks, until } = await readBlocks(ledger, sealed.id, {
    start,
    isLast: part === parts - 1,
  });
  const all = Math.ceil(leaves / BLOCK_LEAVES);
  const lostBlocks = gaps(blocks, start, Math.min(start + BLOCKS, all));
  if (blocks.length === 0) {
    return { checked: 0, same: 0, findings: lostBlocks, place: undefined, isWhole: false };
  }
  const findings: Finding[] = [];
  let [checked, same, at] = [0, 0, 0];
  let place: Place | undefined;
  let open: Leaf[] = [];
  const close = () => {
    const result = checkBlock(blocks[at], open);
    same += result.same;
    findings.push(...result.findings);
    open = [];
    at += 1;
  };
  const from = part === 0 ? undefined : blocks[0]?.first;
  for await (const entries of sealedEntriesBetween(ledger, sealed, { from, until })) {
    for (const entry of entries) {
      while (at + 1 < blocks.length && !isBehind((blocks[at + 1] as Block).first, entry.place))
        close();
      const hash = leafHash(entry.line);
      open.push({ entry, hash });
      onEntry(entry);
      checked += 1;
      place = entry.place;
      if (open.length > MAX_OPEN)
        findings.push(...open.splice(MAX_OPEN).map((each) => changed("extra", each)));
    }
  }
  while (at < blocks.length) close();
  const isWhole = lostBlocks.length === 0;
  return { checked, same, findings: [...lostBlocks, ...findings], place, isWhole };
}

/** Entries that are held for one block, which has 256; those beyond were added. */
const MAX_OPEN = 2_048;

/** Returns the blocks of a part, and where those behind it begin. Blocks behind the last part are part of it. */
async function readBlocks(
  { db }: Ledger,
  importId: string,
  { start, isLast }: { start: number; isLast: boolean },
): Promise<{ blocks: Block[]; until: Place | undefined }> {
  const end = start + BLOCKS;
  const rows = await db
    .selectFrom("seal_blocks")
    .select(["number", "folder", "path", "root", "root_sm3", "marks"])
    .where("import_id", "=", importId)
    .where("number", ">=", start)
    .$if(!isLast, (query) => query.where("number", "<", end))
    .orderBy("number")
    .execute();
  const next = await db
    .selectFrom("seal_blocks")
    .select(["folder", "path"])
    .where("import_id", "=", importId)
    .where("number", ">=", end)
    .orderBy("number")
    .limit(1)
    .executeTakeFirst();
  const blocks = rows.map(({ number, folder, path, root, root_sm3, marks }) => ({
    number,
    first: { folder, path },
    root: Buffer.from(root).toString("hex"),
    rootSm3: root_sm3 === null ? undefined : Buffer.from(root_sm3).toString("hex"),
    marks,
  }));
  return { blocks, until: isLast ? undefined : next };
}

/** Names blocks that are gone. */
function gaps(blocks: readonly Block[], start: number, end: number): Finding[] {
  const there = new Set(blocks.map(({ number }) => number));
  const numbers = Array.from({ length: end - start }, (_, index) => start + index);
  return numbers
    .filter((number) => !there.has(number))
    .map((number) => ({ kind: "missing", what: `block ${number}` }));
}

function checkBlock(
  block: Block | undefined,
  entries: readonly Leaf[],
): { same: number; findings: Finding[] } {
  if (block === undefined) return { same: 0, findings: [] };
  const leaves = entries.map(({ hash }) => hash);
  const root = rootOf(leaves);
  const hasMarks = marksOf(leaves).equals(Buffer.from(block.marks));
  const own = blockFindings(block, { root, hasMarks, first: entries[0]?.entry.place });
  if (root === block.root || hasMarks) {
    if (block.rootSm3 !== undefined && block.rootSm3 !== sm3RootOf(entries))
      own.push({ kind: "differs", what: `block ${block.number}: root by SM3` });
  }
  if (root === block.root || hasMarks) return { same: entries.length, findings: own };
  const { changed: others, added, gone } = matchLeaves(leaves, block.marks);
  const findings = [
    ...others.map((place) => changed("differs", entries[place])),
    ...added.map((place) => changed("extra", entries[place])),
    ...[...gone].map(([before, count]) => lost(block, entries, { before, count })),
  ];
  return { same: entries.length - others.length - added.length, findings };
}

function sm3RootOf(entries: readonly Leaf[]): string {
  return rootOf(
    entries.map(({ entry }) => leafHash(entry.line, "sm3")),
    "sm3",
  );
}

/** What differs of the block itself, while its entries are those that were sealed. */
function blockFindings(
  { number, root, first }: Block,
  found: { root: string; hasMarks: boolean; first: Place | undefined },
): Finding[] {
  if (found.root !== root && !found.hasMarks) return [];
  const differs = (what: string, expected?: string, is?: string): Finding => ({
    kind: "differs",
    what: `block ${number}: ${what}`,
    expected,
    found: is,
  });
  if (found.root !== root) return [differs("root", found.root, root)];
  if (!found.hasMarks) return [differs("marks")];
  if (found.first?.path === first.path && found.first.folder === first.folder) return [];
  return [differs("its first entry's place")];
}

function changed(kind: "differs" | "extra", leaf: Leaf | undefined): Finding {
  const { place, fileId, receipt } = leaf?.entry ?? {};
  return { kind, folder: place?.folder, fileId, path: receipt?.path, what: "the receipt" };
}

function lost(
  { first }: Block,
  entries: readonly Leaf[],
  { before, count }: { before: number; count: number },
): Finding {
  const last = entries[before - 1]?.entry;
  const place = last?.place ?? first;
  return {
    kind: "missing",
    folder: place.folder,
    path: last?.receipt.path ?? first.path,
    what: last ? "the receipts behind this one" : "the receipts from this one",
    files: count,
  };
}
