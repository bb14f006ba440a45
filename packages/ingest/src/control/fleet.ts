import {
  isUnscoped,
  type QueueList,
  type RateHistory,
  type RateQuery,
  type Scope,
  type WorkerList,
} from "@exhibit/contracts";
import { type Ledger, ledgerWithin, listWorkers, readRates } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import { outsideScope, type Scoped } from "./scoped.ts";

/** What all workers of a ledger do together. */
export interface Fleet {
  /** Returns how fast the imports within the scope moved, all together. */
  rates(query: RateQuery): Promise<RateHistory>;
  /** Returns the workers. Throws AUTH_FORBIDDEN for whoever has a scope: they work for everybody. */
  workers(): Promise<WorkerList>;
  /** Returns how many jobs the queues have. Throws AUTH_FORBIDDEN for whoever has a scope, too. */
  queues(): Promise<QueueList>;
}

export interface FleetDependencies {
  ledger: Ledger;
  engine: Pick<Engine, "counts">;
}

export function createFleet(dependencies: FleetDependencies): Scoped<Fleet> {
  return { within: (scope) => fleetWithin(scope, dependencies) };
}

function fleetWithin(scope: Scope, { ledger, engine }: FleetDependencies): Fleet {
  function checkUnscoped(): void {
    if (isUnscoped(scope)) return;
    throw outsideScope(
      "Workers and queues are for all imports: only somebody whose scope has no limits may look at them.",
    );
  }
  return {
    rates: ({ last }) => readRates(ledgerWithin(ledger, scope), historyOf(last)),
    async workers() {
      checkUnscoped();
      return { items: await listWorkers(ledger) };
    },
    async queues() {
      checkUnscoped();
      const items = (await engine.counts()).map(({ oldestAt, ...counts }) => {
        return { ...counts, oldest_at: oldestAt?.toISOString() ?? null };
      });
      return { items };
    },
  };
}

/** Returns the history that a query asks for. */
export function historyOf(last: RateQuery["last"]): "fine" | "coarse" {
  return last === "1d" ? "coarse" : "fine";
}
