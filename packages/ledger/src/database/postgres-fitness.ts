import { ExhibitError } from "@exhibit/contracts";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import type { LedgerSchema } from "../schema.ts";
import { checkSchema, readSchema } from "./migrate.ts";
import type { PostgresPool } from "./postgres-pool.ts";

interface ServerFacts {
  version: string;
  /** Such as 150018. */
  versionNumber: number;
  isReplica: boolean;
  isReadOnly: boolean;
  encoding: string;
  user: string;
  /**
   * The ledger's tables that this user may not read and change; null if there are none, or no
   * ledger yet.
   */
  forbidden: string | null;
}

/**
 * Throws SERVICE_UNFIT, with a sentence that says what to do, when a server answers but can't hold
 * a ledger.
 */
export async function checkServer(db: Kysely<LedgerSchema>): Promise<void> {
  const { rows } = await sql<ServerFacts>`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::integer as "versionNumber",
      pg_is_in_recovery() as "isReplica",
      current_setting('transaction_read_only') = 'on' as "isReadOnly",
      current_setting('server_encoding') as encoding,
      current_user as user,
      (select string_agg(relname, ', ' order by relname) from pg_class
       where relkind = 'r' and pg_table_is_visible(oid)
         and relname in ('imports', 'folders', 'shards', 'files', 'workers', 'acts', 'api_keys', 'sessions',
           'login_codes', 'login_attempts')
         and not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
           and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete'))) as forbidden`.execute(
    db,
  );
  const reason = rows[0] === undefined ? undefined : reasonAgainst(rows[0]);
  if (reason !== undefined) throw unfit(reason);
}

const MIN_VERSION = 15;

/** Returns why a server with these facts can't hold a ledger, or undefined. */
export function reasonAgainst(facts: ServerFacts): string | undefined {
  const { version, versionNumber, isReplica, isReadOnly, encoding, user, forbidden } = facts;
  if (versionNumber < MIN_VERSION * 10_000) {
    return `it is Postgres ${version}; at least ${MIN_VERSION} is needed.`;
  }
  if (isReplica) return "it is a replica, which takes no writes. Give the address of its primary.";
  if (isReadOnly) {
    return "it takes no writes (transaction_read_only). Possible reasons: default_transaction_read_only is set, or the disk of a managed server is full.";
  }
  if (encoding !== "UTF8") {
    return `its database has the encoding ${encoding}, which can't hold all names. Create one with the encoding UTF8.`;
  }
  if (forbidden !== null) {
    return `it doesn't allow its user "${user}" to read and change the ledger's tables (${forbidden}). Grant select, insert, update and delete on all of them, and usage on their sequences, or have that user own them.`;
  }
  return undefined;
}

/** Checks readiness: server and schema, in a transaction that writes nothing. */
export async function tryServer(db: Kysely<LedgerSchema>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await checkServer(transaction);
    checkSchema(await readSchema(transaction));
  });
}

/** Milliseconds for each step of finding out how a pooler works. */
const STEP_MS = 2_000;
/** How many more clients are tried at most: they take connections away from the pooler. */
const OTHERS = 2;

/**
 * Throws SERVICE_UNFIT when a pooler gives each transaction or statement another connection to the
 * server and the address doesn't say so. A pooler without spare connections passes: later, work
 * shows the same.
 */
export async function checkPooler({ sharing, address }: PostgresPool): Promise<void> {
  if (!sharing.isBehindPooler) return;
  const clients: pg.Client[] = [];

  async function join(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: address.url,
      connectionTimeoutMillis: STEP_MS,
      query_timeout: STEP_MS,
    });
    clients.push(client);
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  try {
    const first = await join();
    // A pooler in statement mode refuses transactions.
    await first.query("begin");
    await first.query("commit");
    if (address.isPooledByTransaction) return;
    const before = await serverPidOf(first);
    for (let others = 0; others < OTHERS; others += 1) {
      // In transaction mode, it gets the first client's connection, and then the first gets
      // another.
      const other = await join();
      await other.query("begin");
      await serverPidOf(other);
      if ((await serverPidOf(first)) !== before) throw unfit(TRANSACTION_MODE);
    }
  } catch (thrown) {
    if (!isSilence(thrown)) throw thrown;
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

const TRANSACTION_MODE =
  "a pooler in front of it gives each transaction another connection (transaction mode). Add ?pooler=transaction to EXHIBIT_DATABASE_URL, or make it pool by session.";

async function serverPidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

function isSilence(thrown: unknown): boolean {
  return thrown instanceof Error && /timeout/.test(thrown.message);
}

export function unfit(reason: string): ExhibitError {
  return new ExhibitError("SERVICE_UNFIT", `This Postgres can't carry the ledger: ${reason}`);
}
