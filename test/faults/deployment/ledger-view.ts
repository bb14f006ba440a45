import { setTimeout as sleep } from "node:timers/promises";
import { openPglite } from "@exhibit/ledger";
import pg from "pg";
import type { DeploymentProcess } from "./deployment-process.ts";

export type Row = Record<string, unknown>;

/** Returns rows, with 8-byte integers as numbers. Waits for a database that is away. */
export type Query = <T extends Row>(text: string) => Promise<T[]>;

/** The ledger's tables, read past the product. */
export interface LedgerView {
  /** Runs `work` with access to the tables. */
  read<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Whether it knows when a row was written. */
  readonly knowsCommitTimes: boolean;
  /** Whether it can be read without stopping anything. */
  readonly isLive: boolean;
  close(): Promise<void>;
}

const INT8 = 20;
const TIMEOUT_MS = 60_000;

export function openLedgerView(url: string): LedgerView {
  const types = {
    getTypeParser: ((oid: number, format?: "text" | "binary") =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  };
  const pool = new pg.Pool({
    connectionString: url,
    types,
    max: 2,
    connectionTimeoutMillis: 5_000,
  });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  async function query<T extends Row>(text: string): Promise<T[]> {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      try {
        return (await pool.query<T>(text)).rows;
      } catch (error) {
        // 42: our own mistake in the statement.
        const isOurs = String((error as { code?: unknown }).code ?? "").startsWith("42");
        if (isOurs || Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  return {
    knowsCommitTimes: true,
    isLive: true,
    read: (work) => work(query),
    close: () => pool.end(),
  };
}

/** Opens PGlite, which belongs to one process: that process is stopped during a read. */
export function openEmbeddedView(folder: string, owner: DeploymentProcess): LedgerView {
  return {
    knowsCommitTimes: false,
    isLive: false,
    async read(work) {
      await owner.stop();
      const pglite = await openPglite(folder);
      try {
        return await work(
          async <T extends Row>(text: string) => (await pglite.query<T>(text)).rows,
        );
      } finally {
        await pglite.close();
        await owner.start();
      }
    },
    close: () => Promise.resolve(),
  };
}
