import {
  type AuditEvent,
  ExhibitError,
  type PauseRequest,
  UNNAMED_ACTOR,
  type VendorList,
  type VendorState,
} from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import {
  groupWaits,
  type Ledger,
  listVendorAuditEvents,
  openShards,
  type Page,
  pauseVendor,
  readPausedVendors,
  readWaits,
  resumeVendor,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";
import { enqueueSoon, jobOfShard } from "../jobs/enqueue.ts";

/**
 * What people can do with vendors. Throws NOT_FOUND for a vendor that isn't configured. Every
 * change is recorded in the audit log with `who` made it, by default "api".
 */
export interface VendorControl {
  /** Returns the state of each configured vendor. */
  list(): Promise<VendorList>;
  /**
   * Pauses the vendor: its folders wait in all imports and its gateway isn't called, but sources
   * are still walked. Workers notice within seconds. Throws STATE_CONFLICT if it is paused already.
   */
  pause(vendor: string, request?: PauseRequest, who?: string): Promise<VendorState>;
  /** Resumes the vendor. Throws STATE_CONFLICT if it isn't paused. */
  resume(vendor: string, request?: PauseRequest, who?: string): Promise<VendorState>;
  /** Returns a page of its audit events, the oldest first. */
  audit(
    vendor: string,
    query: { limit: number; after?: string | undefined },
  ): Promise<Page<AuditEvent>>;
}

export interface VendorControlDependencies {
  ledger: Ledger;
  engine: Engine;
  broker: Broker;
  /** Says whose calls to vendors the broker knows about. */
  scope: VendorList["scope"];
  logger: Logger;
}

export function createVendorControl({
  ledger,
  engine,
  broker,
  scope,
  logger,
}: VendorControlDependencies): VendorControl {
  async function states(): Promise<VendorState[]> {
    const [known, paused, fleet] = await Promise.all([
      broker.states(),
      readPausedVendors(ledger),
      readWaits(ledger),
    ]);
    return known.map((state) => {
      const pause = paused.get(state.vendor);
      const waiting = groupWaits(fleet.waits.filter(({ vendor }) => vendor === state.vendor));
      return { ...state, ...(pause && { paused: pause }), waiting };
    });
  }

  async function checkConfigured(vendor: string): Promise<void> {
    findState(await broker.states(), vendor);
  }

  /** Acts on a configured vendor, and returns its state after that. */
  async function acting(vendor: string, act: () => Promise<void>): Promise<VendorState> {
    await checkConfigured(vendor);
    await act();
    return findState(await states(), vendor);
  }

  return {
    list: async () => ({
      scope,
      trial: ledger.deployment.world === "trial",
      items: await states(),
    }),
    pause: (vendor, { why } = {}, who = UNNAMED_ACTOR) =>
      acting(vendor, () => pauseVendor(ledger, vendor, { who, why })),
    resume: (vendor, { why } = {}, who = UNNAMED_ACTOR) =>
      acting(vendor, async () => {
        await resumeVendor(ledger, vendor, { who, why });
        for await (const shards of openShards(ledger, { vendor })) {
          await enqueueSoon({ engine, logger }, "store", shards.map(jobOfShard));
        }
      }),
    async audit(vendor, query) {
      await checkConfigured(vendor);
      return await listVendorAuditEvents(ledger, vendor, query);
    },
  };
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
