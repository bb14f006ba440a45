import { realpath } from "node:fs/promises";
import type { Environment, ExhibitConfig } from "@exhibit/config";
import {
  type Broker,
  createBroker,
  createVendors,
  type LeaseStore,
  memoryLeaseStore,
  type Tunnel,
  tunnelBy,
} from "@exhibit/credentials";
import { redisLeaseStore } from "@exhibit/credentials/redis";
import {
  type Bandwidth,
  createBandwidth,
  createImports,
  createJobLabels,
  createVendorControl,
  type Imports,
  type JobLabels,
  quietMsOf,
  type VendorControl,
} from "@exhibit/ingest";
import { type Entrant, enterWorld, type Ledger, SCHEMA_VERSION } from "@exhibit/ledger";
import { type Engine, openEmbeddedEngine, openRedisEngine } from "@exhibit/queue";
import { absentRoots } from "@exhibit/sources";
import { count, type Logger, observe } from "@exhibit/telemetry";
import { entrantOf, type OpenedLedger, openLedger } from "./open-ledger.ts";
import { createReadiness, type Readiness } from "./readiness.ts";

export interface ServicesOptions {
  environment: Environment;
  config: ExhibitConfig;
  logger: Logger;
}

/** What an API or a worker process stands on: ledger, engine and broker, opened together. */
export interface Services {
  /** Whether what it stores lies in a sandbox. */
  readonly trial: boolean;
  readonly imports: Imports;
  /** The limit of what all workers of the ledger send together. */
  readonly bandwidth: Bandwidth;
  readonly queues: Engine["queues"];
  /** What jobs stand for, in words. */
  readonly labels: JobLabels;
  /** Whether work can be done, for /readyz. */
  ready(): Promise<Readiness>;
  readonly vendors: VendorControl;
  /** Those of `sources.roots` that can't be found here. */
  absentRoots(): Promise<string[]>;
  /** What a worker in this process works with. */
  readonly forWorker: WorkerParts;
  close(): Promise<void>;
}

/** What a worker works with; nothing of it is the worker's to close. */
export interface WorkerParts {
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly broker: Broker;
  readonly roots: readonly string[];
  /** The real path of Exhibit's own data on this machine. */
  readonly dataDir: string | undefined;
  readonly logger: Logger;
  /** The way to OSS through a proxy, where there is one. */
  readonly tunnel: Tunnel | undefined;
  /** Imports that haven't changed for this long, in milliseconds, are looked after. */
  readonly quietMs: number;
  /** So long, in milliseconds, the jobs that run have to end once the worker is closed; then they are handed back. */
  readonly graceMs: number;
}

/**
 * Throws SERVICE_UNREACHABLE, SERVICE_REFUSED or SERVICE_UNFIT, naming the server and what is wrong with it, and WORLD_MISMATCH for
 * a ledger of another deployment; nothing has been put on it, or on the queue, then.
 */
export async function openServices({
  environment,
  config,
  logger,
}: ServicesOptions): Promise<Services> {
  const { ledger, engine, closeBase } = await openBase(
    environment,
    entrantOf(environment, config),
    logger,
  );
  sayNewerSchema(ledger, logger);
  const tunnel = environment.proxies && tunnelBy(environment.proxies.rule);
  const vendors = createVendors(config.vendors, { tunnel });
  const store = openLeaseStore(environment, logger);
  const broker: Broker = createBroker({
    vendors,
    store,
    onCall: (vendor, outcome) =>
      count("exhibit.vendor.calls", { "exhibit.vendor": vendor, "exhibit.outcome": outcome }),
    onAssumedUtc: (vendor, expiration) =>
      logger.warn(
        { vendor, expiration },
        "the end of this vendor's leases names no zone and is taken for UTC, as in GMT+8 it would be over: set expiration_zone",
      ),
  });
  const stopObserving = observe("exhibit.vendor.state", async () =>
    (await broker.states()).map(({ vendor, state }) => ({
      value: 1,
      attributes: { "exhibit.vendor": vendor, "exhibit.state": state },
    })),
  );
  const { roots } = config.sources;
  // A fleet's servers hold its data; a process that keeps some itself has made the folder by now.
  const dataDir = await realpath(environment.dataDir).catch(() => undefined);
  return {
    trial: config.trial,
    imports: createImports({ ledger, engine, broker, roots, dataDir, logger }),
    bandwidth: createBandwidth(ledger),
    queues: engine.queues,
    labels: createJobLabels(ledger),
    ready: createReadiness({ ledger, engine }),
    vendors: createVendorControl({
      ledger,
      engine,
      broker,
      scope: isShared(environment) ? "fleet" : "process",
      logger,
    }),
    absentRoots: () => absentRoots(roots),
    forWorker: {
      ledger,
      engine,
      broker,
      roots,
      dataDir,
      logger,
      tunnel,
      quietMs: environment.redisUrl === undefined ? quietMsOf.embedded : quietMsOf.redis,
      graceMs: environment.graceMs,
    },
    async close() {
      stopObserving();
      broker.close();
      await store.close();
      await closeBase();
    },
  };
}

/** A ledger that was migrated for a later release, and that this one works on. */
function sayNewerSchema({ schema: { version } }: Ledger, logger: Logger): void {
  if (version <= SCHEMA_VERSION) return;
  logger.info(
    { event: "schema.newer", schema: version, program: SCHEMA_VERSION },
    "the ledger's schema is that of a later release, and this one works on it",
  );
}

/** Milliseconds between two lines of the log about leases that can't be shared. */
const FAULT_PAUSE = 60_000;

/** Where all is in this process, it is the whole fleet. */
function isShared({ redisUrl, leaseKeys }: Environment): boolean {
  return redisUrl === undefined || leaseKeys !== undefined;
}

/** Leases are shared through Redis only encrypted; without a key each process has its own. */
function openLeaseStore(
  { redisUrl, redisCa, redisPrefix, leaseKeys }: Environment,
  logger: Logger,
): LeaseStore {
  if (redisUrl === undefined) return memoryLeaseStore();
  if (leaseKeys === undefined) {
    logger.info(
      "EXHIBIT_LEASE_KEY isn't set: each process asks the vendors for leases of its own, and keeps them in its memory",
    );
    return memoryLeaseStore();
  }
  let quietUntil = 0;
  return redisLeaseStore({
    url: redisUrl,
    ca: redisCa,
    prefix: redisPrefix,
    keys: leaseKeys,
    onFault(fault) {
      if (Date.now() < quietUntil) return;
      quietUntil = Date.now() + FAULT_PAUSE;
      const reason = fault instanceof Error ? fault.message : String(fault);
      logger.warn({ reason }, "leases can't be shared through Redis; this process goes on alone");
    },
  });
}

interface Base {
  ledger: Ledger;
  engine: Engine;
  closeBase(): Promise<void>;
}

/** Redis when its address is given; else the ledger's own database carries the jobs, too. */
async function openBase(environment: Environment, entrant: Entrant, logger: Logger): Promise<Base> {
  const opened = await openLedger(environment, logger);
  try {
    // Before the queue is touched: a process of another deployment leaves no trace on that either.
    const ledger = await enterWorld(opened.ledger, entrant);
    const engine = await openEngine(environment, opened, ledger);
    return { ledger, engine, closeBase: () => closeInTurn(engine, opened) };
  } catch (thrown) {
    await opened.close();
    throw thrown;
  }
}

async function openEngine(
  { redisUrl, redisCa, redisPrefix, allowEviction }: Environment,
  { pglite }: OpenedLedger,
  { deployment }: Ledger,
): Promise<Engine> {
  if (pglite !== undefined) return await openEmbeddedEngine(pglite);
  // The environment has both addresses or neither.
  return await openRedisEngine(redisUrl as string, {
    mayEvict: allowEviction,
    ca: redisCa,
    prefix: redisPrefix,
    ledger: deployment.id,
  });
}

async function closeInTurn(...parts: { close(): Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close();
}
