import type { Scope } from "@exhibit/contracts";
import type { Kysely } from "kysely";
import type { LedgerSchema } from "./schema.ts";

/** The database that knows every import, folder, shard and file: the truth. */
export interface Ledger {
  readonly db: Kysely<LedgerSchema>;
  /** The database's schema when it was opened. */
  readonly schema: SchemaState;
  /** Whose ledger it was when it was opened. */
  readonly deployment: Deployment;
  /**
   * What is seen of it and may be changed by people; undefined for all of it, as workers need it.
   * See `ledgerWithin`.
   */
  readonly scope?: Scope | undefined;
  /** Resolves once the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How a database's schema relates to this program. */
export interface SchemaState {
  /** The number of its schema; 0 where there is no ledger yet. */
  readonly version: number;
  /** The oldest schema whose programs work on it. */
  readonly oldestProgram: number;
}

/**
 * A trial's files go to a sandbox that stands in for vendors and OSS; a live deployment's go where
 * its configuration says.
 */
export type World = "trial" | "live";

/** Whose ledger it is. */
export interface Deployment {
  /** The same for all processes of the ledger, and for no other ledger. */
  readonly id: string;
  /** Null until the first process with a configuration has started. */
  readonly world: World | null;
}
