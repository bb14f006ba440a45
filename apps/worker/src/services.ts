import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Environment, ExhibitConfig } from "@exhibit/config";
import { type Broker, createBroker, createVendors } from "@exhibit/credentials";
import { createImports, type Imports } from "@exhibit/ingest";
import { type Ledger, openEmbeddedLedger, openPglite, openPostgresLedger } from "@exhibit/ledger";
import { type Engine, openEmbeddedEngine, openRedisEngine } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";
import { type RunningWorker, startWorker, type WorkerSettings } from "./worker.ts";

export interface ServicesOptions {
  environment: Environment;
  config: ExhibitConfig;
  logger: Logger;
}

/** What an API or a worker process stands on: ledger, engine and broker, opened together. */
export interface Services {
  readonly imports: Imports;
  readonly queues: Engine["queues"];
  /** What is up, for /readyz; a string says what is wrong. */
  ready(): Promise<{ ledger: string; queue: string }>;
  startWorker(settings?: WorkerSettings): Promise<RunningWorker>;
  close(): Promise<void>;
}

/** Throws SERVICE_UNREACHABLE, naming what doesn't answer. */
export async function openServices({
  environment,
  config,
  logger,
}: ServicesOptions): Promise<Services> {
  const { ledger, engine, closeBase } = await openBase(environment);
  const broker: Broker = createBroker({ vendors: createVendors(config.vendors) });
  const { roots } = config.sources;
  return {
    imports: createImports({ ledger, engine, broker, roots, logger }),
    queues: engine.queues,
    ready: async () => ({
      ledger: await stateOf(ledger.ping()),
      queue: await stateOf(engine.ping()),
    }),
    startWorker: (settings) => startWorker({ ledger, engine, broker, roots, logger }, settings),
    async close() {
      broker.close();
      await closeBase();
    },
  };
}

interface Base {
  ledger: Ledger;
  engine: Engine;
  closeBase(): Promise<void>;
}

/** Postgres and Redis when their addresses are given; PGlite for both, in this process, when they aren't. */
async function openBase({ databaseUrl, redisUrl, dataDir }: Environment): Promise<Base> {
  if (databaseUrl !== undefined && redisUrl !== undefined) {
    const ledger = await openPostgresLedger(databaseUrl);
    try {
      const engine = await openRedisEngine(redisUrl);
      return { ledger, engine, closeBase: () => closeInTurn(engine, ledger) };
    } catch (thrown) {
      await ledger.close();
      throw thrown;
    }
  }
  await mkdir(dataDir, { recursive: true });
  const pglite = await openPglite(join(dataDir, "ledger"));
  const ledger = await openEmbeddedLedger(pglite);
  const engine = await openEmbeddedEngine(pglite);
  return { ledger, engine, closeBase: () => closeInTurn(engine, ledger, pglite) };
}

async function closeInTurn(...parts: { close(): Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close();
}

async function stateOf(answer: Promise<void>): Promise<string> {
  try {
    await answer;
    return "up";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
