import type { FolderOfCase, Vendor } from "@exhibit/credentials";
import { createSharder, createSlots } from "@exhibit/ingest/simulation";
import type { PlannedFile } from "@exhibit/ledger";
import type { Random } from "@exhibit/testkit/random";
import { sizeOf } from "./file-size.ts";
import type { QueueModel } from "./queue-model.ts";
import type { Tenant } from "./shard.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { World } from "./world.ts";

interface PlanDependencies {
  time: VirtualTime;
  world: World;
  queue: QueueModel;
  vendors: Readonly<Record<string, Vendor>>;
  random: Random;
  /** Returns whether the simulation has ended, which happens before a large import is planned. */
  isOver: () => boolean;
  /** Returns how many shards no worker has taken yet, as the ledger counts them. */
  waitingShards: (tenant: Tenant) => { count: number };
}

/** Walks a tenant's folders, each with a planner of its own, as `planFolder` does: sharder, slots, one job for each shard. */
export async function plan(given: PlanDependencies, tenant: Tenant): Promise<void> {
  const { time } = given;
  await time.until(tenant.beginsAt);
  const folders = Array.from({ length: tenant.folders }, (_, index) => index + 1);
  await Promise.all(
    folders.map(async (folder) => {
      for await (const files of shardsOf(given, tenant, folder)) {
        const waiting = given.waitingShards(tenant);
        waiting.count += 1;
        const shard = { tenant, folder: folderOf(tenant, folder), left: new Set(files) };
        await given.queue.enqueueNew(shard, waiting.count);
      }
    }),
  );
}

async function* shardsOf(
  given: PlanDependencies,
  tenant: Tenant,
  folder: number,
): AsyncGenerator<PlannedFile[]> {
  const { time, world, random, vendors, isOver } = given;
  const perFile = vendors[tenant.vendor]?.perFile;
  const slotter = perFile && createSlots(tenant.vendor, perFile, new Map());
  const sharder = createSharder();
  const share = Math.ceil(tenant.files / tenant.folders);
  const count = Math.max(0, Math.min(share, tenant.files - (folder - 1) * share));
  let walkedAt = time.now();
  for (let number = 0; number < count && !isOver(); number += 1) {
    const file = { path: `${number}.jpg`, size: sizeOf(random, world.files), modifiedAt: 0 };
    if (slotter) slotter.add(file);
    for (const shard of slotter ? [] : sharder.add(file)) {
      walkedAt += (shard.length * 1000) / world.walkPerSecond;
      await time.until(Math.max(time.now(), walkedAt) + world.postgres);
      yield shard;
    }
  }
  const left = slotter?.rest() ?? [];
  yield* [...left.flatMap((file) => sharder.add(file)), ...sharder.rest()];
}

function folderOf({ name, vendor, folders }: Tenant, folder: number): FolderOfCase {
  if (vendor === "industry") {
    const id = String(Number(name) * 1_000_000 + folder);
    return { vendor, entrust_id: undefined, suit_ids: [], folder: { type: "OWNBRAND", id } };
  }
  const suits = Array.from({ length: folders }, (_, index) => `${name}-${index + 1}`);
  return { vendor, entrust_id: name, suit_ids: suits, folder: { suit_id: `${name}-${folder}` } };
}
