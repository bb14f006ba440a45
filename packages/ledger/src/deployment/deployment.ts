import type { Kysely } from "kysely";
import type { LedgerSchema } from "../schema.ts";

/** A trial's files go to a sandbox that stands for vendors and OSS; a live deployment's go where its configuration says. */
export type World = "trial" | "live";

/** Whose ledger it is. */
export interface Deployment {
  /** The same for all processes of the ledger, and for no other ledger. */
  readonly id: string;
  /** Null until the first process with a configuration has come. */
  readonly world: World | null;
}

/** As the ledger has it now. */
export async function deploymentOf({ db }: { db: Kysely<LedgerSchema> }): Promise<Deployment> {
  return await db.selectFrom("deployment").select(["id", "world"]).executeTakeFirstOrThrow();
}
