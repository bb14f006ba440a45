import {
  type AuditEvent,
  ExhibitError,
  isListed,
  isUnscoped,
  type LeaseList,
  type PauseRequest,
  type Scope,
  UNNAMED_ACTOR,
  type VendorCheckRequest,
  type VendorCheckView,
  type VendorList,
  type VendorState,
} from "@exhibit/contracts";
import { type Broker, registeredVendor } from "@exhibit/credentials";
import {
  type AuditQuery,
  groupWaits,
  type Ledger,
  ledgerWithin,
  listLeases,
  listVendorAuditEvents,
  openShards,
  type Page,
  pauseVendor,
  readPausedVendors,
  readWaitingWork,
  readWaits,
  resumeVendor,
  waitsWithin,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";
import { enqueueSoon, jobOfShard } from "../jobs/enqueue.ts";
import type { Ask } from "../questions/ask.ts";
import type { Asker } from "../questions/question.ts";
import type { Scoped } from "./scoped.ts";

/**
 * What people can do with the vendors in their scope. Throws NOT_FOUND for a vendor that isn't
 * configured, and in the same words for one outside the scope. Every change is recorded in the audit
 * log with `who` made it, by default "api".
 */
export interface VendorControl {
  /**
   * Returns the state of each of them. Whoever has a scope isn't told a vendor's last error, which
   * may be about another's folder, and only what their own imports wait for.
   */
  list(): Promise<VendorList>;
  /** Returns the state of one of them. */
  get(vendor: string): Promise<VendorState>;
  /**
   * Pauses the vendor: its folders wait in all imports and its gateway isn't called, but sources
   * are still walked. Workers notice within seconds. Throws STATE_CONFLICT if it is paused already.
   */
  pause(vendor: string, request?: PauseRequest, who?: string): Promise<VendorState>;
  /** Resumes the vendor. Throws STATE_CONFLICT if it isn't paused. */
  resume(vendor: string, request?: PauseRequest, who?: string): Promise<VendorState>;
  /**
   * Checks the vendor step by step: whether it can name a folder, whether it opens it now, whether OSS
   * accepts the lease. A worker does it, also for a vendor that is paused. Throws the errors of `Ask`.
   */
  check(
    vendor: string,
    request: VendorCheckRequest,
    asker: Omit<Asker, "scope">,
  ): Promise<VendorCheckView>;
  /**
   * Returns the leases of it that workers hold, without what opens them; within a scope, those alone
   * that open nothing of others.
   */
  leases(vendor: string): Promise<LeaseList>;
  /** Returns a page of its audit events. */
  audit(vendor: string, query: AuditQuery): Promise<Page<AuditEvent>>;
}

export interface VendorControlDependencies {
  ledger: Ledger;
  engine: Engine;
  broker: Broker;
  ask: Ask;
  /** Says whose calls to vendors the broker knows about. */
  knows: VendorList["scope"];
  logger: Logger;
}

export function createVendorControl(
  dependencies: VendorControlDependencies,
): Scoped<VendorControl> {
  return { within: (scope) => vendorsWithin(scope, dependencies) };
}

function vendorsWithin(
  scope: Scope,
  { ledger, engine, broker, ask, knows, logger }: VendorControlDependencies,
): VendorControl {
  async function ownStates(): Promise<VendorState[]> {
    const all = await broker.states();
    return all.filter(({ vendor }) => isListed(scope.vendors, vendor));
  }

  async function states(): Promise<VendorState[]> {
    const own = ledgerWithin(ledger, scope);
    const [known, paused, fleet, work] = await Promise.all([
      ownStates(),
      readPausedVendors(ledger),
      readWaits(ledger),
      readWaitingWork(own),
    ]);
    const waits = await waitsWithin(own, fleet.waits);
    return known.map((state) => {
      const pause = paused.get(state.vendor);
      const waiting = groupWaits(waits.filter(({ vendor }) => vendor === state.vendor));
      const shown = isUnscoped(scope) ? state : withoutError(state);
      const { files = 0, imports = 0 } = work.get(state.vendor) ?? {};
      const open = { waiting_files: files, waiting_imports: imports };
      return { ...shown, ...(pause && { paused: pause }), waiting, ...open };
    });
  }

  async function checkConfigured(vendor: string): Promise<void> {
    findState(await ownStates(), vendor);
  }

  /** Says how a vendor names a folder. */
  function namingOf(vendor: string) {
    const [schema, example] = [broker.folderSchemas().get(vendor), exampleOf(vendor)];
    return {
      ...(schema && { folder_schema: schema }),
      ...(example && { folder_example: example }),
    };
  }

  /** Acts on a configured vendor, and returns its state after that. */
  async function acting(vendor: string, act: () => Promise<void>): Promise<VendorState> {
    await checkConfigured(vendor);
    await act();
    return findState(await states(), vendor);
  }

  return {
    list: async () => ({
      scope: knows,
      trial: ledger.deployment.world === "trial",
      items: (await states()).map((state) => ({ ...state, ...namingOf(state.vendor) })),
    }),
    get: async (vendor) => findState(await states(), vendor),
    async check(vendor, request, asker) {
      await checkConfigured(vendor);
      const { entrust_id, suit_ids, folder } = request;
      const of = { vendor, entrust_id, suit_ids, folder };
      return await ask<"vendor_check">({ ...asker, scope }, { kind: "vendor_check", of });
    },
    pause: (vendor, { why } = {}, who = UNNAMED_ACTOR) =>
      acting(vendor, () => pauseVendor(ledger, vendor, { who, why })),
    resume: (vendor, { why } = {}, who = UNNAMED_ACTOR) =>
      acting(vendor, async () => {
        await resumeVendor(ledger, vendor, { who, why });
        for await (const shards of openShards(ledger, { vendor })) {
          await enqueueSoon({ engine, logger }, "store", shards.map(jobOfShard));
        }
      }),
    async leases(vendor) {
      await checkConfigured(vendor);
      return { items: await listLeases(ledgerWithin(ledger, scope), vendor) };
    },
    async audit(vendor, query) {
      await checkConfigured(vendor);
      return await listVendorAuditEvents(ledger, vendor, query);
    },
  };
}

function exampleOf(vendor: string) {
  return registeredVendor(vendor)?.example;
}

/** Returns a vendor's state among all. Throws NOT_FOUND for a vendor that isn't configured. */
function findState(all: readonly VendorState[], vendor: string): VendorState {
  const state = all.find((one) => one.vendor === vendor);
  if (state) return state;
  const configured = all.map((one) => one.vendor).join(", ") || "none";
  throw new ExhibitError(
    "NOT_FOUND",
    `There is no vendor ${JSON.stringify(vendor)}; configured: ${configured}.`,
  );
}

function withoutError({ last_error, ...state }: VendorState): VendorState {
  return state;
}
