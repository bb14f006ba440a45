import {
  type FolderOfImport,
  type ImportView,
  isUnscoped,
  type QueueList,
  type RateHistory,
  type RateQuery,
  type Scope,
  type WorkerList,
} from "@exhibit/contracts";
import {
  importsWithin,
  type Ledger,
  ledgerWithin,
  listWorkers,
  type Movement,
  readChangedFolders,
  readImports,
  readMovement,
  readRates,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import { withQueueWait } from "./queue-wait.ts";
import { outsideScope, type Scoped } from "./scoped.ts";

/** What all workers of a ledger do together. */
export interface Fleet {
  /** Returns how fast the imports within the scope moved, all together. */
  rates(query: RateQuery): Promise<RateHistory>;
  /** Returns the workers. Throws AUTH_FORBIDDEN for whoever has a scope: they work for everybody. */
  workers(): Promise<WorkerList>;
  /** Returns how many jobs the queues have. Throws AUTH_FORBIDDEN for whoever has a scope, too. */
  queues(): Promise<QueueList>;
  /** Returns which imports within the scope may have changed. */
  movement(): Promise<Movement>;
  /** Returns some imports; those that aren't there are left out. */
  views(importIds: string[]): Promise<ImportView[]>;
  /**
   * Returns those of some imports' folders about which there is something to say, and those of
   * `besides`, after the id `after`.
   */
  folders(
    importIds: string[],
    page: { besides: readonly number[]; after: number },
  ): Promise<{ items: FolderOfImport[]; next: number | null }>;
  /** Returns which of these imports are within the scope. */
  within(importIds: readonly string[]): Promise<string[]>;
}

export interface FleetDependencies {
  ledger: Ledger;
  engine: Pick<Engine, "counts" | "away">;
}

export function createFleet(dependencies: FleetDependencies): Scoped<Fleet> {
  return { within: (scope) => fleetWithin(scope, dependencies) };
}

function fleetWithin(scope: Scope, { ledger, engine }: FleetDependencies): Fleet {
  const own = ledgerWithin(ledger, scope);

  function checkUnscoped(): void {
    if (isUnscoped(scope)) return;
    throw outsideScope(
      "Workers and queues are for all imports: only somebody whose scope has no limits may look at them.",
    );
  }
  return {
    rates: ({ last }) => readRates(own, historyOf(last)),
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
    movement: () => readMovement(own),
    async views(importIds) {
      const views = await readImports(own, importIds);
      return views.map((view) => withQueueWait(view, engine.away()));
    },
    folders: (importIds, page) => readChangedFolders(own, importIds, page),
    within: (importIds) => importsWithin(own, importIds),
  };
}

/** Returns the history that a query asks for. */
export function historyOf(last: RateQuery["last"]): "fine" | "coarse" {
  return last === "1d" ? "coarse" : "fine";
}
