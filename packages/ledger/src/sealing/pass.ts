import {
  BLOCK_LEAVES,
  type HexDigest,
  ListDigest,
  leafHash,
  MerkleTree,
  marksOf,
  rootOf,
} from "@exhibit/custody";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { bytesArray, plainArray, textArray } from "../sql/arrays.ts";
import { digestLinesOf } from "./lists.ts";
import { type Place, type SealedImport, sealedEntries } from "./receipts.ts";
import type { MetEntries } from "./totals.ts";

/** What one pass over an import's entries finds. */
export interface Pass {
  readonly root: HexDigest;
  /** How many entries there are. */
  readonly leaves: number;
  /** How many blocks their leaves make. */
  readonly blocks: number;
  readonly counts: MetEntries;
  readonly receipts: HexDigest;
  readonly sha256sum: HexDigest;
  /** The numbers of the workers that stored them, ascending. */
  readonly workers: readonly number[];
}

interface Block {
  first: Place;
  leaves: HexDigest[];
}

/**
 * Goes over an import's entries once, in flat memory: makes the lines and digests of both lists, the
 * tree, and the blocks, which it writes. What a pass that was broken off has written, it overwrites.
 */
export async function passOver(ledger: Ledger, sealed: SealedImport): Promise<Pass> {
  const tree = new MerkleTree();
  const [receipts, sha256sum] = [new ListDigest(), new ListDigest()];
  const workers = new Set<number>();
  const counts = noCounts();
  let blocks = 0;
  let open: Block | undefined;
  for await (const entries of sealedEntries(ledger, sealed)) {
    const full: Block[] = [];
    for (const entry of entries) {
      const { receipt, line, place } = entry;
      const leaf = leafHash(line);
      tree.add(leaf);
      receipts.add(line);
      for (const each of digestLinesOf(entry)) sha256sum.add(each);
      counts[receipt.state].files += 1;
      counts[receipt.state].bytes += receipt.size;
      if (receipt.worker !== undefined) workers.add(receipt.worker);
      open ??= { first: place, leaves: [] };
      open.leaves.push(leaf);
      if (open.leaves.length === BLOCK_LEAVES) {
        full.push(open);
        open = undefined;
      }
    }
    await writeBlocks(ledger, sealed, blocks, full);
    blocks += full.length;
  }
  if (open) {
    await writeBlocks(ledger, sealed, blocks, [open]);
    blocks += 1;
  }
  return {
    root: tree.root(),
    leaves: tree.size,
    blocks,
    counts,
    receipts: receipts.end(),
    sha256sum: sha256sum.end(),
    workers: [...workers].sort((one, other) => one - other),
  };
}

function noCounts(): MetEntries {
  const none = () => ({ files: 0, bytes: 0 });
  return {
    planned: none(),
    stored: none(),
    identical: none(),
    failed: none(),
    waived: none(),
    skipped: none(),
  };
}

/**
 * Writes none for an import that another worker has sealed meanwhile: the end of the pass finds that
 * out. The lock on the import waits for a seal that is being written.
 */
async function writeBlocks(
  { db }: Ledger,
  { id }: SealedImport,
  first: number,
  blocks: readonly Block[],
): Promise<void> {
  if (blocks.length === 0) return;
  await sql`
    with unsealed as materialized (
      select id from imports where id = ${id} and sealed_number is null for share
    )
    insert into seal_blocks (import_id, number, folder, path, root, marks)
    select unsealed.id, block.number, block.folder, block.path, block.root, block.marks
    from unsealed, unnest(
      ${plainArray(blocks.map((_, index) => first + index))}::integer[],
      ${plainArray(blocks.map((block) => block.first.folder))}::integer[],
      ${textArray(blocks.map((block) => block.first.path))}::text[],
      ${bytesArray(blocks.map(({ leaves }) => rootOf(leaves)))}::bytea[],
      ${bytesArray(blocks.map(({ leaves }) => marksOf(leaves).toString("hex")))}::bytea[]
    ) as block (number, folder, path, root, marks)
    on conflict (import_id, number)
      do update set folder = excluded.folder, path = excluded.path, root = excluded.root, marks = excluded.marks`.execute(
    db,
  );
}
