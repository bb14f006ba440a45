import { type LeaseStore, memoryLeaseStore } from "@exhibit/credentials";
import { createRandom } from "@exhibit/testkit/random";
import { createShares } from "./fairness.ts";
import { type Account, type Figures, figuresOf } from "./figures.ts";
import { createOss } from "./oss-model.ts";
import { plan } from "./planner-model.ts";
import { createQueue } from "./queue-model.ts";
import type { Shard, Tenant } from "./shard.ts";
import { createVendorModel } from "./vendor-model.ts";
import { takeTime, type VirtualTime } from "./virtual-time.ts";
import { startWorker } from "./worker-model.ts";
import type { World } from "./world.ts";

export interface Scenario {
  workers: number;
  tenants: readonly Tenant[];
  /** The scenario ends when everything is stored, at the latest after so many virtual seconds. */
  seconds: number;
  seed: number;
  world: World;
}

/** Runs a scenario. Takes over the clocks and Math.random of this process. */
export async function simulate(scenario: Scenario): Promise<Figures> {
  const { workers, tenants, seconds, seed, world } = scenario;
  const time = takeTime();
  const random = createRandom(seed);
  Math.random = createRandom(seed + 1).number;
  const [oss, vendor] = [createOss(time, world), createVendorModel(time, world)];
  const { vendors } = vendor;
  const ledger = keepLedger(time, tenants);
  const shares = createShares();
  const queue = createQueue(time, world, {
    onWaiting: ({ shard }) => shares.wait(shard.tenant.name),
    onTaken: ({ shard, starts }) => {
      if (starts === 1) ledger.waitingShards(shard.tenant).count -= 1;
      shares.take(shard.tenant.name, shard.left.size);
    },
  });
  const { store, counted } = countingStore();
  const fleet = Array.from({ length: workers }, () =>
    startWorker({ time, world, queue, vendors, store, sender: oss.connect(random), ...ledger }),
  );
  const isOver = () => time.now() >= seconds * 1000 || ledger.isDone();
  const { waitingShards } = ledger;
  for (const tenant of tenants) {
    void plan({ time, world, queue, vendors, random, isOver, waitingShards }, tenant);
  }
  await time.pass(isOver);
  const notes = {
    ...ledger.notes(),
    shareOf: shares.of,
    counted: counted(),
    windows: fleet.flatMap((admission) => admission.windows().map(({ size }) => size)),
  };
  return figuresOf(time.now() / 1000, notes, { oss, vendor, world });
}

/** Counts what is planned, stored and failed of all tenants. */
function keepLedger(time: VirtualTime, tenants: readonly Tenant[]) {
  const accounts = new Map<Tenant, Account>(
    tenants.map((tenant) => [tenant, { stored: 0, doneAt: undefined, waiting: { count: 0 } }]),
  );
  const accountOf = (tenant: Tenant) => accounts.get(tenant) as Account;
  const wanted = tenants.reduce((sum, { files }) => sum + files, 0);
  let [stored, failed, postponed] = [0, 0, 0];
  return {
    waitingShards: (tenant: Tenant) => accountOf(tenant).waiting,
    onStored({ tenant }: Shard): void {
      const account = accountOf(tenant);
      stored += 1;
      account.stored += 1;
      if (account.stored === tenant.files) account.doneAt = time.now();
    },
    onUnfinished({ left }: Shard, _error: Error, isFinal: boolean): void {
      if (isFinal) failed += left.size;
      else postponed += 1;
    },
    isDone: () => stored + failed >= wanted,
    notes: () => ({ accounts, failed, postponed }),
  };
}

/** Returns the store that all brokers share, and how often it was asked about a rate limit. */
function countingStore(): { store: LeaseStore; counted(): number } {
  const shared = memoryLeaseStore();
  let counted = 0;
  const countCall: LeaseStore["countCall"] = (key, limit) => {
    counted += 1;
    return shared.countCall(key, limit);
  };
  return { store: { ...shared, countCall }, counted: () => counted };
}
