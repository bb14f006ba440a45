import { addShards, type Ledger, type PlannedFile } from "../src/index.ts";

/** Adds one shard; returns undefined if it would hold nothing new. */
export async function addShard(
  ledger: Ledger,
  folder: { id: number },
  files: readonly PlannedFile[],
) {
  const [shard] = await addShards(ledger, folder, [files]);
  return shard;
}
