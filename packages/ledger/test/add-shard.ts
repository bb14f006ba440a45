import { addShards, type Ledger, type PlannedFile } from "../src/index.ts";

/** Adds one shard; undefined when there was nothing new. */
export async function addShard(
  ledger: Ledger,
  folder: { id: number },
  files: readonly PlannedFile[],
) {
  const [shard] = await addShards(ledger, folder, [files]);
  return shard;
}
