import { realpath } from "node:fs/promises";
import type { Environment, ExhibitConfig } from "@exhibit/config";
import type { IdenticalPolicy, Period } from "@exhibit/contracts";
import {
  type Broker,
  createBroker,
  createVendors,
  type Tunnel,
  tunnelBy,
} from "@exhibit/credentials";
import {
  type Access,
  type AuditLog,
  type Bandwidth,
  type BoardRecord,
  type Cases,
  createAccess,
  createAsk,
  createAuditLog,
  createBandwidth,
  createBoardRecord,
  createCases,
  createFleet,
  createFolders,
  createImports,
  createJobLabels,
  createKeptAnswers,
  createPeople,
  createReadRecord,
  createSeals,
  createVendorControl,
  createWebhooks,
  type DepositParts,
  type Fleet,
  type Folders,
  type Imports,
  type JobLabels,
  type KeptAnswers,
  type People,
  quietMsOf,
  type ReadRecord,
  type Scoped,
  type Seals,
  type StampParts,
  type VendorControl,
  type WebhookOwner,
  type Webhooks,
} from "@exhibit/ingest";
import {
  type Entrant,
  enterWorld,
  type Ledger,
  SCHEMA_VERSION,
  type Schedule,
} from "@exhibit/ledger";
import {
  type Engine,
  openEmbeddedEngine,
  openRedisEngine,
  openSharedCounters,
  type SharedCounters,
} from "@exhibit/queue";
import { absentRoots, boundlessRoots } from "@exhibit/sources";
import type { Logger } from "@exhibit/telemetry";
import { depositRulesOf, openDepositParts } from "./deposit-parts.ts";
import { countVendorCall, observeVendors } from "./gauges.ts";
import { identityProviderOf } from "./identity-provider.ts";
import { readKeyCertificates } from "./key-certificates.ts";
import { openLeaseStore } from "./lease-store.ts";
import { entrantOf, type OpenedLedger, openLedger } from "./open-ledger.ts";
import { createOwnKeys, type OwnKeys } from "./own-keys.ts";
import { createReadiness, type Readiness } from "./readiness.ts";
import { openSealer, type SealerParts } from "./sealer.ts";
import { openStampParts, rootsOf } from "./stamp-parts.ts";
import { openWebhookParts, type WebhookParts } from "./webhook-parts.ts";

export interface ServicesOptions {
  environment: Environment;
  config: ExhibitConfig;
  logger: Logger;
}

/**
 * The services that an API or a worker process uses: ledger, engine and broker, opened together.
 */
export interface Services extends Access {
  /** Whether files are stored in a sandbox. */
  readonly trial: boolean;
  readonly imports: Scoped<Imports>;
  /** The folders that imports may name as their sources. */
  readonly folders: Scoped<Folders>;
  readonly cases: Scoped<Cases>;
  readonly seals: Scoped<Seals>;
  /** The bandwidth limit of all workers of the ledger together. */
  readonly bandwidth: Scoped<Bandwidth>;
  /** Puts on record that somebody reads a list of evidence. */
  readonly recordRead: ReadRecord;
  /** What people did to anything. */
  readonly audit: AuditLog;
  /** What all workers of the ledger do together. */
  readonly fleet: Scoped<Fleet>;
  /** The answers to requests that came with an Idempotency-Key. */
  readonly answers: KeptAnswers;
  readonly queues: Engine["queues"];
  /** Titles for jobs. */
  readonly labels: JobLabels;
  /** Returns whether ledger and queue answer, for /readyz. */
  ready(): Promise<Readiness>;
  readonly vendors: Scoped<VendorControl>;
  /** Returns the webhooks of whoever asks. */
  readonly webhooks: (owner: WebhookOwner) => Webhooks;
  /**
   * Opens what several API processes count together with; undefined when there is only this one. It
   * is closed with the services.
   */
  openCounters(): SharedCounters | undefined;
  readonly ownKeys: OwnKeys;
  /**
   * Returns the login of people at an API with this address (EXHIBIT_API_URL); undefined where the
   * configuration has none. Throws CONFIG_INVALID for an address that isn't fit for it.
   */
  peopleAt(publicUrl: string | undefined): People | undefined;
  /** Records what a person does in Bull Board, before it is done. */
  readonly recordBoardAct: BoardRecord;
  /** Returns those of `sources.roots` that don't exist on this machine. */
  absentRoots(): Promise<string[]>;
  /** Returns those of `sources.roots` that are a whole file system. */
  boundlessRoots(): Promise<string[]>;
  /** What a worker in this process uses. */
  readonly forWorker: WorkerParts;
  close(): Promise<void>;
}

/** What a worker uses. It closes none of it. */
export interface WorkerParts {
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly broker: Broker;
  readonly roots: readonly string[];
  /** The real path of Exhibit's own data on this machine, if there is any. */
  readonly dataDir: string | undefined;
  readonly logger: Logger;
  /** What webhooks are called with. */
  readonly webhooks: WebhookParts;
  /** What imports are sealed with. */
  readonly sealer: SealerParts;
  /** What entries of the register are stamped by. */
  readonly stamps: StampParts;
  /** Who is told of entries of the register. */
  readonly deposits: DepositParts;
  /** How hard an object that is there already has to be proved. */
  readonly identical: IdenticalPolicy;
  /** How seals are verified from time to time. */
  readonly schedules: readonly Schedule[];
  /** For how long OSS is asked to keep objects, if it is. */
  readonly retention: Period | undefined;
  /** Whether files are digested by SM3 as well. */
  readonly sm3: boolean;
  /** Connects to OSS through a proxy, where one is configured. */
  readonly tunnel: Tunnel | undefined;
  /** For how long, in milliseconds, an import may stay unchanged before it is reconciled. */
  readonly quietMs: number;
  /**
   * How long, in milliseconds, running jobs may take to end when the worker closes; then they are
   * handed back.
   */
  readonly graceMs: number;
}

/**
 * Opens the services that the environment and the configuration name. Throws SERVICE_UNREACHABLE,
 * SERVICE_REFUSED or SERVICE_UNFIT, which name the server and its fault, and WORLD_MISMATCH for a
 * ledger of another deployment; in that case nothing has been written to the ledger or the queue.
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
  logNewerSchema(ledger, logger);
  const tunnel = environment.proxies && tunnelBy(environment.proxies.rule);
  const vendors = createVendors(config.vendors, { tunnel });
  const store = openLeaseStore(environment, logger);
  const broker: Broker = createBroker({
    vendors,
    store,
    onCall: countVendorCall,
    onAssumedUtc: (vendor, expiration) =>
      logger.warn(
        { vendor, expiration },
        "the end of this vendor's leases names no time zone. It is taken for UTC, because in GMT+8 it would be in the past: set expiration_zone",
      ),
  });
  const stopObserving = observeVendors(broker);
  const { redisUrl, redisCa: ca, redisPrefix: prefix } = environment;
  let counters: SharedCounters | undefined;
  const { roots } = config.sources;
  // A fleet's data is on its servers; a process that keeps data itself has made the folder by now.
  const ask = createAsk({ ledger, engine });
  const dataDir = await realpath(environment.dataDir).catch(() => undefined);
  const provider = identityProviderOf(config);
  const access = createAccess(ledger, provider && { verifyToken: provider.verifyToken });
  const webhooks = await openWebhookParts(environment, config);
  const stamps = await openStampParts(config);
  const stampRoots = rootsOf(stamps);
  const deposits = depositRulesOf(config, broker);
  const sealer = { ...(await openSealer(environment, config)), stampRoots, deposits };
  return {
    trial: config.trial,
    imports: createImports({ ledger, engine, broker, ask, roots, dataDir, logger }),
    folders: createFolders({ ledger, broker, ask, roots }),
    cases: createCases(ledger),
    seals: createSeals({
      ledger,
      engine,
      logger,
      authorities: stamps.authorities.map(({ name }) => name),
      stampRoots,
      deposits,
      stampsHourly: sealer.stampsHourly,
      wanted: config.custody?.stamps_wanted,
      organization: config.custody?.organization,
      certificates: await readKeyCertificates(config),
    }),
    ...access,
    bandwidth: createBandwidth(ledger),
    recordRead: createReadRecord(ledger),
    audit: createAuditLog(ledger),
    fleet: createFleet({ ledger, engine }),
    answers: createKeptAnswers(ledger),
    queues: engine.queues,
    labels: createJobLabels(ledger),
    ready: createReadiness({ ledger, engine }),
    vendors: createVendorControl({
      ledger,
      engine,
      broker,
      ask,
      knows: isShared(environment) ? "fleet" : "process",
      logger,
    }),
    webhooks: createWebhooks({ ledger, engine, logger, ...webhooks }),
    openCounters() {
      if (redisUrl !== undefined) counters ??= openSharedCounters(redisUrl, { ca, prefix });
      return counters;
    },
    ownKeys: createOwnKeys(ledger, { takesTokens: provider !== undefined }),
    peopleAt(publicUrl) {
      const login = provider?.loginAt(publicUrl);
      return login && createPeople(ledger, { login, sessions: access.sessions });
    },
    recordBoardAct: createBoardRecord(ledger),
    absentRoots: () => absentRoots(roots),
    boundlessRoots: () => boundlessRoots(roots),
    forWorker: {
      ledger,
      engine,
      broker,
      roots,
      dataDir,
      logger,
      webhooks,
      sealer,
      stamps,
      deposits: openDepositParts(config),
      identical: config.custody?.identical ?? "strongest",
      schedules: config.custody?.verify ?? [],
      retention: config.custody?.retention,
      sm3: config.custody?.sm3 ?? false,
      tunnel,
      quietMs: environment.redisUrl === undefined ? quietMsOf.embedded : quietMsOf.redis,
      graceMs: environment.graceMs,
    },
    async close() {
      stopObserving();
      counters?.close();
      broker.close();
      await store.close();
      await closeBase();
    },
  };
}

/** Logs that the ledger was migrated for a later release, on which this one can work. */
function logNewerSchema({ schema: { version } }: Ledger, logger: Logger): void {
  if (version <= SCHEMA_VERSION) return;
  logger.info(
    { event: "schema.newer", schema: version, program: SCHEMA_VERSION },
    "the ledger's schema is that of a later release, which this one can work with",
  );
}

/** Whether the broker knows of the whole fleet: it does when all of it is in this process. */
function isShared({ redisUrl, leaseKeys }: Environment): boolean {
  return redisUrl === undefined || leaseKeys !== undefined;
}

interface Base {
  ledger: Ledger;
  engine: Engine;
  closeBase(): Promise<void>;
}

/**
 * Opens the ledger and the engine: on Redis when its address is given, otherwise in the ledger's
 * own database.
 */
async function openBase(environment: Environment, entrant: Entrant, logger: Logger): Promise<Base> {
  const opened = await openLedger(environment, logger);
  try {
    // Before the queue is used, so that a process of another deployment leaves no trace there
    // either.
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
