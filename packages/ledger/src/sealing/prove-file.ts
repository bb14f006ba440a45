import { ExhibitError } from "@exhibit/contracts";
import {
  BLOCK_LEAVES,
  changedLeaves,
  checkProof,
  type HexDigest,
  leafHash,
  MARK_BYTES,
  type Proof,
  pathByBlocks,
  rootOf,
} from "@exhibit/custody";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { SealRecord } from "./read-seal.ts";
import { isBehind, type Place, type SealedEntry, sealedEntriesFrom } from "./receipts.ts";

/**
 * Returns what proves that a file's receipt belongs to the seal of its import. It reads the file's
 * block and the roots of all, whatever the size of the import. Throws NOT_FOUND for a file of another
 * import, and SEAL_BROKEN, which names what differs, if the ledger isn't what was sealed.
 */
export async function proveFile(ledger: Ledger, seal: SealRecord, fileId: string): Promise<Proof> {
  const { sealed } = seal;
  const place = await placeOf(ledger, sealed.id, fileId);
  const blocks = await readBlocks(ledger, sealed.id);
  const number = blocks.findLastIndex(({ first }) => !isBehind(first, place));
  const block = blocks[number];
  if (block === undefined) throw changed(sealed.id, place);
  const entries = await sealedEntriesFrom(ledger, sealed, {
    from: block.first,
    count: block.marks.length / MARK_BYTES,
  });
  const leaves = entries.map(({ line }) => leafHash(line));
  checkBlock(sealed.id, block, entries, leaves);
  const inBlock = entries.findIndex((entry) => String(entry.fileId) === fileId);
  const receipt = entries[inBlock]?.line;
  if (receipt === undefined) throw changed(sealed.id, place);
  const index = number * BLOCK_LEAVES + inBlock;
  const proof: Proof = {
    seal: seal.digest,
    index,
    leaves: (blocks.length - 1) * BLOCK_LEAVES + (blocks.at(-1)?.marks.length ?? 0) / MARK_BYTES,
    receipt,
    path: pathByBlocks({ index, block: leaves, roots: blocks.map(({ root }) => root) }),
    pathSm3: sm3Path(index, entries, blocks),
  };
  checkProof(proof, seal.text);
  return proof;
}

/** Returns the path by SM3; empty where the blocks have no roots by it. */
function sm3Path(
  index: number,
  entries: readonly SealedEntry[],
  blocks: readonly Block[],
): HexDigest[] {
  const roots = blocks.map(({ rootSm3 }) => rootSm3).filter((root) => root !== undefined);
  if (roots.length < blocks.length) return [];
  const block = entries.map(({ line }) => leafHash(line, "sm3"));
  return pathByBlocks({ index, block, roots }, "sm3");
}

interface Block {
  first: Place;
  root: string;
  rootSm3: string | undefined;
  marks: Uint8Array;
}

async function readBlocks({ db }: Ledger, importId: string): Promise<Block[]> {
  const rows = await db
    .selectFrom("seal_blocks")
    .select(["folder", "path", "root", "root_sm3", "marks"])
    .where("import_id", "=", importId)
    .orderBy("number")
    .execute();
  return rows.map(({ folder, path, root, root_sm3, marks }) => ({
    first: { folder, path },
    root: Buffer.from(root).toString("hex"),
    rootSm3: root_sm3 === null ? undefined : Buffer.from(root_sm3).toString("hex"),
    marks,
  }));
}

async function placeOf({ db }: Ledger, importId: string, fileId: string): Promise<Place> {
  const id = /^\d{1,15}$/.test(fileId) ? Number(fileId) : 0;
  const { rows } = await sql<Place>`
    select folders.position + 1 as folder, files.path
    from files join folders on folders.id = files.folder_id
    where files.id = ${id} and folders.import_id = ${importId}`.execute(db);
  const [row] = rows;
  if (row) return row;
  throw new ExhibitError("NOT_FOUND", `There is no file ${fileId} in import ${importId}.`);
}

function checkBlock(
  importId: string,
  { root, marks }: Block,
  entries: readonly SealedEntry[],
  leaves: readonly string[],
): void {
  if (rootOf(leaves) === root) return;
  const [first] = changedLeaves(leaves, marks);
  const entry = entries[first ?? -1];
  throw entry
    ? changed(importId, entry.place)
    : new ExhibitError("SEAL_BROKEN", `Entries of import ${importId} aren't what was sealed.`);
}

function changed(importId: string, { folder, path }: Place): ExhibitError {
  return new ExhibitError(
    "SEAL_BROKEN",
    `In import ${importId}, the entry of ${JSON.stringify(path)} in folder ${folder} isn't what was sealed.`,
  );
}
