import { ExhibitError } from "@exhibit/contracts";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { LedgerSchema } from "../schema.ts";
import { withNamedOutages } from "./outages.ts";
import { CONNECT_TIMEOUT_MS, type Sharing, shareWithOthers } from "./pool-sharing.ts";

const INT8 = 20;
const CONNECTIONS = 10;

export interface PostgresOptions {
  /** Is called with a sentence about what goes more slowly than it should. */
  onTrouble?: ((sentence: string) => void) | undefined;
}

/** What lies between this process and its Postgres, as far as it matters. */
export interface PostgresPool {
  readonly db: Kysely<LedgerSchema>;
  readonly sharing: Sharing;
  /** The server's address, for connections outside the pool. */
  readonly address: PostgresAddress;
}

interface PostgresAddress {
  /** The address as the driver takes it. */
  readonly url: string;
  /**
   * Whether a pooler gives each transaction another connection to the server: then nothing may be
   * kept in a connection.
   */
  readonly isPooledByTransaction: boolean;
}

/**
 * Reads `?pooler=session` or `?pooler=transaction`, which is for us and not for the driver. Throws
 * CONFIG_INVALID for another value.
 */
function readAddress(databaseUrl: string): PostgresAddress {
  const address = new URL(databaseUrl);
  const pooler = address.searchParams.get("pooler");
  if (pooler === null) return { url: databaseUrl, isPooledByTransaction: false };
  if (pooler !== "session" && pooler !== "transaction") {
    throw new ExhibitError(
      "CONFIG_INVALID",
      "EXHIBIT_DATABASE_URL: pooler must be session or transaction.",
    );
  }
  address.searchParams.delete("pooler");
  return { url: address.href, isPooledByTransaction: pooler === "transaction" };
}

/**
 * Creates a pool of connections to a Postgres server, whatever its database holds. Nothing is
 * queried yet.
 */
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
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A new connection is expensive: it has to read the catalog again.
    idleTimeoutMillis: 5 * 60_000,
    // The pool awaits the result, though its types don't say so.
    onConnect: (client: pg.ClientBase): unknown => setUp(client, address, sharing),
    // Nobody waits forever for a server that vanished; but sealing ten million files takes minutes.
    keepAlive: true,
    query_timeout: 10 * 60_000,
    application_name: "exhibit",
  });
  const sharing = shareWithOthers(pool, onTrouble);
  // The pool replaces an idle connection that breaks; whoever uses one gets the error of its query.
  pool.on("error", () => {});
  // The same for a connection that breaks in use: without a listener it would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  const named = withNamedOutages(pool, sharing, {
    keepsStatements: !address.isPooledByTransaction,
  });
  const db = new Kysely<LedgerSchema>({ dialect: new PostgresDialect({ pool: named }) });
  return { db, sharing, address };
}

/**
 * Prepares a new connection. Plans aren't kept with prepared statements: a plan made while a table
 * was small would read the whole table once it is large. Where no statements are kept, there is
 * nothing to set. The first answer is awaited for a limited time: a pooler accepts a connection and
 * then makes it wait for one of the server's.
 */
async function setUp(
  client: pg.ClientBase,
  { isPooledByTransaction }: PostgresAddress,
  sharing: Sharing,
): Promise<void> {
  const set = isPooledByTransaction ? "" : "set plan_cache_mode = force_custom_plan; ";
  const text = `${set}select pg_backend_pid() as pid`;
  const first: pg.QueryConfig & { query_timeout: number } = {
    text,
    query_timeout: CONNECT_TIMEOUT_MS,
  };
  const answer: pg.QueryResult | pg.QueryResult[] = await client.query(first);
  const { rows } = Array.isArray(answer) ? (answer.at(-1) as pg.QueryResult) : answer;
  sharing.met(client, rows[0]?.pid as number);
}
