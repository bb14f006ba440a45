import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Environment, ExhibitConfig } from "@exhibit/config";
import { vendorPlaces } from "@exhibit/credentials";
import {
  type Entrant,
  type Ledger,
  openEmbeddedLedger,
  openPglite,
  openPostgresLedger,
} from "@exhibit/ledger";
import type { Logger } from "@exhibit/telemetry";

export interface OpenedLedger {
  readonly ledger: Ledger;
  /** The embedded database, where the ledger is in this process. */
  readonly pglite: Awaited<ReturnType<typeof openPglite>> | undefined;
  close(): Promise<void>;
}

/**
 * Opens the ledger that the environment names: on a Postgres server, or in the data folder. It
 * still has to be entered (`enterWorld`).
 */
export async function openLedger(
  { databaseUrl, dataDir }: Environment,
  logger?: Logger,
): Promise<OpenedLedger> {
  return databaseUrl === undefined
    ? await openLedgerIn(dataDir)
    : await openLedgerOn(databaseUrl, logger);
}

/** Opens the ledger on a Postgres server. */
export async function openLedgerOn(databaseUrl: string, logger?: Logger): Promise<OpenedLedger> {
  const ledger = await openPostgresLedger(databaseUrl, {
    onTrouble: (reason) =>
      logger?.warn({ reason }, "the ledger gives fewer connections than wanted"),
  });
  return { ledger, pglite: undefined, close: () => ledger.close() };
}

/** Opens the ledger in a data folder. */
export async function openLedgerIn(dataDir: string): Promise<OpenedLedger> {
  await mkdir(dataDir, { recursive: true });
  const pglite = await openPglite(join(dataDir, "ledger"));
  try {
    const ledger = await openEmbeddedLedger(pglite);
    return { ledger, pglite, close: () => pglite.close() };
  } catch (thrown) {
    await pglite.close();
    throw thrown;
  }
}

/** Returns what a process with this configuration shows to the ledger when it enters. */
export function entrantOf(environment: Environment, { trial, vendors }: ExhibitConfig): Entrant {
  return {
    world: trial ? "trial" : "live",
    places: vendorPlaces(vendors),
    ledgerName: ledgerNameOf(environment),
  };
}

/** Names the ledger without the user and password of its address. */
function ledgerNameOf({ databaseUrl, dataDir }: Environment): string {
  if (databaseUrl === undefined) return `The ledger in ${join(dataDir, "ledger")}`;
  const { host, pathname } = new URL(databaseUrl);
  return `The ledger at ${host}${pathname}`;
}
