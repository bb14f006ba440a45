import type { Kysely } from "kysely";
import type { Deployment } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";

/** Reads whose ledger it is now. */
export async function deploymentOf({ db }: { db: Kysely<LedgerSchema> }): Promise<Deployment> {
  return await db.selectFrom("deployment").select(["id", "world"]).executeTakeFirstOrThrow();
}
