import {
  BLOCK_LEAVES,
  type DigestName,
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

/** What one pass over an import's entries commits to, by one kind of digest. */
export interface Commitment {
  readonly root: HexDigest;
  readonly receipts: HexDigest;
  readonly sha256sum: HexDigest;
}

/** What one pass over an import's entries finds. */
export interface Pass extends Commitment {
  /** The same by SM3, where it is asked for. */
  readonly sm3: Commitment | undefined;
  /** How many entries there are. */
  readonly leaves: number;
  /** How many blocks their leaves make. */
  readonly blocks: number;
  readonly counts: MetEntries;
  /** The numbers of the workers that stored them, ascending. */
  readonly workers: readonly number[];
}

interface Block {
  first: Place;
  leaves: HexDigest[];
  /** The same by SM3, where it is asked for. */
  leavesSm3: HexDigest[];
}

/**
 * Goes over an import's entries once, in flat memory: makes the lines and digests of both lists, the
 * tree, and the blocks, which it writes. What a pass that was broken off has written, it overwrites.
 */
export async function passOver(
  ledger: Ledger,
  sealed: SealedImport,
  { withSm3 = false } = {},
): Promise<Pass> {
  const bySha256 = new Committing("sha256");
  const bySm3 = withSm3 ? new Committing("sm3") : undefined;
  const workers = new Set<number>();
  const counts = noCounts();
  let blocks = 0;
  let open: Block | undefined;
  for await (const entries of sealedEntries(ledger, sealed)) {
    const full: Block[] = [];
    for (const entry of entries) {
      const { receipt, line, place } = entry;
      const digestLines = digestLinesOf(entry);
      const leaf = bySha256.add(line, digestLines);
      const leafSm3 = bySm3?.add(line, digestLines);
      counts[receipt.state].files += 1;
      counts[receipt.state].bytes += receipt.size;
      if (receipt.worker !== undefined) workers.add(receipt.worker);
      open ??= { first: place, leaves: [], leavesSm3: [] };
      open.leaves.push(leaf);
      if (leafSm3 !== undefined) open.leavesSm3.push(leafSm3);
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
    ...bySha256.end(),
    sm3: bySm3?.end(),
    leaves: bySha256.leaves,
    blocks,
    counts,
    workers: [...workers].sort((one, other) => one - other),
  };
}

/** Makes a commitment while lines come. */
export class Committing {
  readonly #name: DigestName;
  readonly #tree: MerkleTree;
  readonly #receipts: ListDigest;
  readonly #sha256sum: ListDigest;

  constructor(name: DigestName) {
    this.#name = name;
    this.#tree = new MerkleTree(name);
    this.#receipts = new ListDigest(name);
    this.#sha256sum = new ListDigest(name);
  }

  /** How many leaves there are so far. */
  get leaves(): number {
    return this.#tree.size;
  }

  /** Adds a receipt's line, and what `sha256sum.txt` has of it. Returns its leaf. */
  add(line: string, digestLines: Iterable<string>): HexDigest {
    const leaf = leafHash(line, this.#name);
    this.#tree.add(leaf);
    this.#receipts.add(line);
    for (const each of digestLines) this.#sha256sum.add(each);
    return leaf;
  }

  end(): Commitment {
    return {
      root: this.#tree.root(),
      receipts: this.#receipts.end(),
      sha256sum: this.#sha256sum.end(),
    };
  }
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
    insert into seal_blocks (import_id, number, folder, path, root, marks, root_sm3)
    select unsealed.id, block.number, block.folder, block.path, block.root, block.marks, block.root_sm3
    from unsealed, unnest(
      ${plainArray(blocks.map((_, index) => first + index))}::integer[],
      ${plainArray(blocks.map((block) => block.first.folder))}::integer[],
      ${textArray(blocks.map((block) => block.first.path))}::text[],
      ${bytesArray(blocks.map(({ leaves }) => rootOf(leaves)))}::bytea[],
      ${bytesArray(blocks.map(({ leaves }) => marksOf(leaves).toString("hex")))}::bytea[],
      ${bytesArray(blocks.map(sm3RootOf))}::bytea[]
    ) as block (number, folder, path, root, marks, root_sm3)
    on conflict (import_id, number)
      do update set folder = excluded.folder, path = excluded.path, root = excluded.root, marks = excluded.marks,
        root_sm3 = excluded.root_sm3`.execute(db);
}

function sm3RootOf({ leavesSm3 }: Block): HexDigest | null {
  return leavesSm3.length > 0 ? rootOf(leavesSm3, "sm3") : null;
}
