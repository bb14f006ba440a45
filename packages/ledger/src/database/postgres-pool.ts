import { ExhibitError } from "@exhibit/contracts";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { LedgerSchema } from "../schema.ts";
import { withNamedOutages } from "./outages.ts";
import { PATIENCE_MS, type Sharing, shareWithOthers } from "./pool-sharing.ts";

const INT8 = 20;
const CONNECTIONS = 10;

export interface PostgresOptions {
  /** Hears, in a sentence, of what goes on more slowly than it should. */
  onTrouble?: ((sentence: string) => void) | undefined;
}

/** What is between this process and its Postgres, as far as it has to be known. */
export interface PostgresPool {
  readonly db: Kysely<LedgerSchema>;
  readonly sharing: Sharing;
  /** Where the server is, for a connection of one's own. */
  readonly address: PostgresAddress;
}

interface PostgresAddress {
  /** For the driver. */
  readonly url: string;
  /** Whether a pooler gives each transaction another connection to the server; then nothing may be kept in one. */
  readonly isPooledByTransaction: boolean;
}

/**
 * Reads `?pooler=session` or `?pooler=transaction`, which is for us and not for the driver. Throws CONFIG_INVALID for another
 * word.
 */
function readAddress(databaseUrl: string): PostgresAddress {
  const address = new URL(databaseUrl);
  const pooler = address.searchParams.get("pooler");
  if (pooler === null) return { url: databaseUrl, isPooledByTransaction: false };
  if (pooler !== "session" && pooler !== "transaction") {
    throw new ExhibitError(
      "CONFIG_INVALID",
      "EXHIBIT_DATABASE_URL: pooler is session or transaction.",
    );
  }
  address.searchParams.delete("pooler");
  return { url: address.href, isPooledByTransaction: pooler === "transaction" };
}

/** Connections to a Postgres server, whatever is in its database. Nothing is asked yet. */
export function connectPool(
  databaseUrl: string,
  { onTrouble = () => {} }: PostgresOptions = {},
): PostgresPool {
  const address = readAddress(databaseUrl);
  const types = {
    getTypeParser: ((oid: number, format?: "text" | "binary") =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  };
  const pool = new pg.Pool({
    connectionString: address.url,
    types,
    max: CONNECTIONS,
    connectionTimeoutMillis: PATIENCE_MS,
    // A new one is dear: it has to read the catalog anew.
    idleTimeoutMillis: 5 * 60_000,
    // The pool waits for it, though its types don't say so.
    onConnect: (client: pg.ClientBase): unknown => setUp(client, address, sharing),
    // A server that is gone without a word must not be waited for; sealing ten million files takes minutes, though.
    keepAlive: true,
    query_timeout: 10 * 60_000,
    application_name: "exhibit",
  });
  const sharing = shareWithOthers(pool, onTrouble);
  // An idle connection that breaks is replaced by the pool; whoever needs one gets the error of its own query.
  pool.on("error", () => {});
  // The same for one that breaks in use: without a listener of its own it would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  const named = withNamedOutages(pool, sharing, { keeps: !address.isPooledByTransaction });
  const db = new Kysely<LedgerSchema>({ dialect: new PostgresDialect({ pool: named }) });
  return { db, sharing, address };
}

/**
 * Plans aren't kept with statements: one that was made while a table was small would read the whole of it once it is large.
 * Where no statements are kept, nothing is to be set. The first answer is waited for only so long: a pooler takes a
 * connection, and then has it wait for one of the server's.
 */
async function setUp(
  client: pg.ClientBase,
  { isPooledByTransaction }: PostgresAddress,
  sharing: Sharing,
): Promise<void> {
  const set = isPooledByTransaction ? "" : "set plan_cache_mode = force_custom_plan; ";
  const text = `${set}select pg_backend_pid() as pid`;
  const first: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: PATIENCE_MS };
  const answer: pg.QueryResult | pg.QueryResult[] = await client.query(first);
  const { rows } = Array.isArray(answer) ? (answer.at(-1) as pg.QueryResult) : answer;
  sharing.met(client, rows[0]?.pid as number);
}
