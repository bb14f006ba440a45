import { ExhibitError } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { Deployment, Ledger, World } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { deploymentOf } from "./deployment.ts";
import { agreeOnPlaces, atLoopback, sandboxFolder, type VendorPlaces } from "./vendor-places.ts";

/** What a process says about itself before it works on a ledger. */
export interface Entrant {
  readonly world: World;
  /** The place of each vendor in the process's configuration. */
  readonly places: VendorPlaces;
  /** What people call the ledger; it begins error messages. */
  readonly ledgerName: string;
}

/**
 * Assigns a ledger that has no world yet to this process's world, forever; a ledger that has one
 * must have the same. A live ledger also records the vendors' places, which must be those of the
 * configuration. Throws WORLD_MISMATCH naming both sides; then nothing has changed.
 */
export async function enterWorld(ledger: Ledger, entrant: Entrant): Promise<Ledger> {
  const deployment = await ledger.db.transaction().execute(async (tx) => {
    const entered = await claim(tx, entrant);
    checkWorld(entered, entrant);
    if (entrant.world === "live") await agreeOnPlaces(tx, entrant);
    return entered;
  });
  return { ...ledger, deployment };
}

async function claim(tx: Transaction<LedgerSchema>, entrant: Entrant): Promise<Deployment> {
  const found = await deploymentOf({ db: tx });
  if (found.world !== null) return found;
  const reason = entrant.world === "trial" ? await perhapsLive(tx) : await onceATrial(tx, entrant);
  if (reason !== undefined) throw ofBefore(entrant, reason);
  // When processes of two worlds start at once, the second waits here and then changes nothing.
  const { rows } = await sql<Deployment>`
    update deployment set world = ${entrant.world} where world is null returning id, world`.execute(
    tx,
  );
  return rows[0] ?? (await deploymentOf({ db: tx }));
}

/** Throws WORLD_MISMATCH for a ledger of the other world. */
export function checkWorld({ world }: Deployment, { world: own, ledgerName }: Entrant): void {
  if (world === own || world === null) return;
  const sentence =
    own === "trial"
      ? `${ledgerName} is a live deployment's, and this process is a trial: what it sends to its sandbox would be recorded as delivered.`
      : `${ledgerName} is a trial's for good, and this process is a live one: what the trial sent to its sandbox would be recorded as delivered.`;
  throw new ExhibitError("WORLD_MISMATCH", sentence, { details: { ledger: world, process: own } });
}

/**
 * Returns why a ledger of an earlier release may be live: an import that can't be shown to lie in a
 * sandbox.
 */
async function perhapsLive(tx: Transaction<LedgerSchema>): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from imports
    where not exists (select from folders where import_id = imports.id and ${atLoopback})
      or exists (select from folders where import_id = imports.id and not ${atLoopback})
    order by id limit 1`.execute(tx);
  const [row] = rows;
  return row && `its import ${row.id} may be a live one`;
}

/** Returns why a ledger of an earlier release was a trial: a folder that lies in a sandbox. */
async function onceATrial(
  tx: Transaction<LedgerSchema>,
  { places }: Entrant,
): Promise<string | undefined> {
  const folder = await sandboxFolder(tx, places);
  if (folder === undefined) return undefined;
  const { vendor, importId, endpoint } = folder;
  return `a folder of ${vendor} in its import ${importId} lies at ${endpoint}, in a sandbox on this machine. Move this ledger away and start with a new one. If it has to stay, because it also holds live imports: exhibit vendors accept ${vendor} --why TEXT`;
}

function ofBefore({ world, ledgerName }: Entrant, reason: string): ExhibitError {
  const kind = world === "trial" ? "a trial's" : "a live deployment's";
  return new ExhibitError(
    "WORLD_MISMATCH",
    `${ledgerName} is from a release that didn't tell trials from live deployments, and it can't be taken for ${kind}: ${reason}.`,
    { details: { process: world } },
  );
}
