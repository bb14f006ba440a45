import { type LeaseStore, memoryLeaseStore } from "@exhibit/credentials";
import { createChance } from "./chance.ts";
import { createShares, jain } from "./fairness.ts";
import { createOss, type OssModel, type Second } from "./oss-model.ts";
import { createQueue } from "./queue-model.ts";
import { plan, type Shard, type Tenant } from "./tenants.ts";
import { createVendorModel } from "./vendor-model.ts";
import { takeTime } from "./virtual-time.ts";
import { startWorker } from "./worker-model.ts";
import type { World } from "./world.ts";

export interface Scenario {
  workers: number;
  tenants: readonly Tenant[];
  /** It ends when all is stored, at the latest after so many virtual seconds. */
  seconds: number;
  seed: number;
  world: World;
}

export interface TenantFigures {
  name: string;
  files: number;
  stored: number;
  /** Virtual seconds from its beginning; undefined when it wasn't done by the end. */
  doneAfter: number | undefined;
  /** Of its equal part: see `createShares`. */
  share: number | undefined;
}

export interface Figures {
  seconds: number;
  tenants: TenantFigures[];
  /** Jain's index over the tenants' shares. */
  fairness: number;
  stored: number;
  /** In the second half. */
  filesPerSecond: number;
  gigabitsPerSecond: number;
  /** Keys that were written more than once, files that failed, shards that had to come again. */
  writtenTwice: number;
  failed: number;
  postponed: number;
  /** Requests with a lease that had ended. */
  expired: number;
  partitions: PartitionFigures[];
  /** `counted`: how often the store was asked whether the vendor's rate limit allows a call. */
  vendor: { calls: number; refused: number; mostInASecond: number; counted: number };
  /** Mean size of a worker's window at the end. */
  window: number;
}

export interface PartitionFigures {
  prefix: string;
  /** Requests that OSS refused, of all. */
  refused: number;
  /** Most seconds in a row with more than a tenth above the limit. */
  longestOverload: number;
  /** Requests a second, refused ones too, in the second half. */
  asked: number;
}

interface Account {
  stored: number;
  doneAt: number | undefined;
  open: { count: number };
}

const newAccount = (): Account => ({ stored: 0, doneAt: undefined, open: { count: 0 } });

/** Plays a scenario. Takes this process's clocks and its chance: one to a process. */
export async function simulate(scenario: Scenario): Promise<Figures> {
  const { workers, tenants, seconds, seed, world } = scenario;
  const time = takeTime();
  const chance = createChance(seed);
  Math.random = createChance(seed + 1);
  const shares = createShares();
  const accounts = new Map(tenants.map((tenant) => [tenant, newAccount()]));
  const accountOf = (tenant: Tenant) => accounts.get(tenant) as Account;
  const perSecond: number[] = [];
  const [oss, vendor] = [createOss(time, world), createVendorModel(time, world)];
  let [all, failed, postponed] = [0, 0, 0];
  const wanted = tenants.reduce((sum, { files }) => sum + files, 0);
  const isOver = () => time.now() >= seconds * 1000 || all + failed >= wanted;

  const queue = createQueue(time, world, {
    onWaiting: ({ shard }) => shares.wait(shard.tenant.name),
    onTaken: ({ shard }) => shares.take(shard.tenant.name, shard.left.size),
  });
  function onStored({ tenant, left }: Shard): void {
    const account = accountOf(tenant);
    all += 1;
    account.stored += 1;
    if (left.size === 0) account.open.count -= 1;
    if (account.stored === tenant.files) account.doneAt = time.now();
    const second = Math.floor(time.now() / 1000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  }
  let counted = 0;
  const shared = memoryLeaseStore();
  const store: LeaseStore = {
    ...shared,
    countCall(key, limit) {
      counted += 1;
      return shared.countCall(key, limit);
    },
  };
  const fleet = Array.from({ length: workers }, () =>
    startWorker({
      time,
      world,
      queue,
      vendors: vendor.vendors,
      store,
      sender: oss.connect(chance),
      onStored,
      onUnfinished(shard, _error, isFinal) {
        if (isFinal) failed += shard.left.size;
        else postponed += 1;
      },
    }),
  );
  for (const tenant of tenants) {
    const openShards = (of: Tenant) => accountOf(of).open;
    void plan({ time, world, queue, vendors: vendor.vendors, chance, isOver, openShards }, tenant);
  }
  await time.pass(isOver);

  const ended = time.now() / 1000;
  const half = Math.floor(ended / 2);
  const windows = fleet.flatMap((gates) => gates.list().map(({ size }) => size));
  const figures = tenants.map((tenant) => {
    const { stored, doneAt } = accountOf(tenant);
    return {
      name: tenant.name,
      files: tenant.files,
      stored,
      doneAfter: doneAt === undefined ? undefined : (doneAt - tenant.beginsAt) / 1000,
      share: shares.of(tenant.name),
    };
  });
  return {
    seconds: ended,
    tenants: figures,
    fairness: jain(figures.flatMap(({ share }) => share ?? [])),
    stored: all,
    filesPerSecond: mean(perSecond.slice(half, Math.floor(ended))),
    gigabitsPerSecond: (8 * bytesPerSecond(oss, half, Math.floor(ended))) / 1e9,
    writtenTwice: [...oss.written.values()].filter((times) => times > 1).length,
    failed,
    postponed,
    expired: oss.expired,
    partitions: [...oss.partitions].map(([prefix, history]) =>
      partitionFigures(prefix, history, world, half),
    ),
    vendor: {
      calls: vendor.calls.length,
      refused: vendor.refused,
      mostInASecond: mostInASecond(vendor.calls),
      counted,
    },
    window: mean(windows),
  };
}

function partitionFigures(
  prefix: string,
  history: readonly Second[],
  { oss }: World,
  half: number,
): PartitionFigures {
  const asked = history.reduce((sum, second) => sum + second.asked, 0);
  const refused = history.reduce((sum, second) => sum + second.refused, 0);
  let [longest, now] = [0, 0];
  for (const second of history) {
    now = second.asked > 1.1 * oss.partitionPerSecond ? now + 1 : 0;
    longest = Math.max(longest, now);
  }
  return {
    prefix,
    refused: refused / Math.max(1, asked),
    longestOverload: longest,
    asked: mean(history.slice(half).map((second) => second.asked)),
  };
}

function bytesPerSecond({ partitions }: OssModel, from: number, to: number): number {
  const all = [...partitions.values()].flatMap((history) => history.slice(from, to));
  return all.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, to - from);
}

function mostInASecond(calls: readonly number[]): number {
  return Math.max(
    0,
    ...calls.map((at, index) => calls.slice(index).filter((other) => other < at + 1000).length),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + (value ?? 0), 0) / Math.max(1, values.length);
}
