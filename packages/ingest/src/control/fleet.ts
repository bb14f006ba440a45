import {
  isUnscoped,
  type RateHistory,
  type RateQuery,
  type Scope,
  type WorkerList,
} from "@exhibit/contracts";
import { type Ledger, ledgerWithin, listWorkers, readRates } from "@exhibit/ledger";
import { outsideScope, type Scoped } from "./scoped.ts";

/** What all workers of a ledger do together. */
export interface Fleet {
  /** Returns how fast the imports within the scope moved, all together. */
  rates(query: RateQuery): Promise<RateHistory>;
  /** Returns the workers. Throws AUTH_FORBIDDEN for whoever has a scope: they work for everybody. */
  workers(): Promise<WorkerList>;
}

export interface FleetDependencies {
  ledger: Ledger;
}

export function createFleet(dependencies: FleetDependencies): Scoped<Fleet> {
  return { within: (scope) => fleetWithin(scope, dependencies) };
}

function fleetWithin(scope: Scope, { ledger }: FleetDependencies): Fleet {
  function checkUnscoped(): void {
    if (isUnscoped(scope)) return;
    throw outsideScope(
      "Workers work for all imports: only somebody whose scope has no limits may look at them.",
    );
  }
  return {
    rates: ({ last }) => readRates(ledgerWithin(ledger, scope), historyOf(last)),
    async workers() {
      checkUnscoped();
      return { items: await listWorkers(ledger) };
    },
  };
}

/** Returns the history that a query asks for. */
export function historyOf(last: RateQuery["last"]): "fine" | "coarse" {
  return last === "1d" ? "coarse" : "fine";
}
