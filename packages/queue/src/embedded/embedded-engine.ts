import type { PGlite } from "@electric-sql/pglite";
import { createPostgresBackend, type Queue, runMigrations, type Worker, withBackend } from "bullmq";
import { createEngine, reachable, withTelemetry } from "../create-engine.ts";
import type { Engine } from "../engine.ts";
import { createProcessor } from "../processor.ts";
import type { JobData } from "../queues.ts";
import { createPglitePool } from "./pglite-pool.ts";

/** The schema of BullMQ's tables. */
const SCHEMA = "bullmq";

/** Opens the engine in this process. The owner of `pglite` closes it, after the engine. */
export async function openEmbeddedEngine(pglite: PGlite): Promise<Engine> {
  const pool = createPglitePool(pglite);
  await runMigrations(await pool.connect(), SCHEMA);
  await pglite.exec(`set search_path to public, ${SCHEMA}`);
  const embedded = withBackend(createPostgresBackend);
  return createEngine({
    createQueue: (name) =>
      new embedded.Queue<JobData>(
        name,
        withTelemetry({ connection: pool }),
      ) as unknown as Queue<JobData>,
    createWorker: (name, handler, more) =>
      new embedded.Worker<JobData>(
        name,
        createProcessor(name, handler),
        withTelemetry({ ...more, connection: pool } as { connection: typeof pool }),
      ) as unknown as Worker<JobData>,
    // It is in this process: it can't be away.
    onReturn() {},
    away: () => undefined,
    ping: () => reachable(pglite.query("select 1").then(() => undefined)),
    close: () => Promise.resolve(),
  });
}
