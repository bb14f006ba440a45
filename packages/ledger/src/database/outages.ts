import { ExhibitError } from "@exhibit/contracts";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import type pg from "pg";
import { preparedName } from "../sql/prepared-statements.ts";
import type { Sharing } from "./pool-sharing.ts";

/** The system's codes for a server that is gone or can't be found. */
const systemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/**
 * Postgres's own codes for connections (08), no room for another one, or no disk or memory (53),
 * system faults (58), a server that starts or stops (57P), and one that is read-only, as after a
 * failover. A refused login (28, 3D000) counts, too: work that is under way waits until the
 * password is right again.
 */
const serverCodes = /^(?:08|28|53|58)...$|^57P0[1235]$|^25006$|^3D000$/;

/** Node's codes for a certificate that isn't trusted, or isn't any more. */
const certificateCodes = /^(?:CERT|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_TLS|ERR_SSL)_/;

/** The driver's messages that come without a code. */
const driverSentences =
  /^Connection terminated|is not queryable$|^timeout expired$|^timeout exceeded when trying to connect$|^Query read timeout$/;

/**
 * Returns whether an error means that the database is unreachable, rather than that a statement is
 * wrong.
 */
function isAway(thrown: unknown): boolean {
  if (thrown instanceof AggregateError) return thrown.errors.some(isAway);
  if (!(thrown instanceof Error)) return false;
  const code = "code" in thrown ? String(thrown.code) : "";
  return (
    systemCodes.has(code) ||
    serverCodes.test(code) ||
    certificateCodes.test(code) ||
    driverSentences.test(thrown.message)
  );
}

/**
 * Returns a pool that throws SERVICE_UNREACHABLE while the database is unreachable; all other
 * errors pass unchanged. `keepsStatements` says whether connections may keep prepared statements.
 */
export function withNamedOutages(
  pool: pg.Pool,
  sharing: Sharing,
  { keepsStatements }: { keepsStatements: boolean },
): PostgresPool {
  return {
    options: pool.options,
    async connect() {
      const client = await named(connect(pool, sharing));
      // There are no cursors: the ledger streams nothing.
      const query = (text: string, parameters: readonly unknown[] = []): Promise<unknown> => {
        const name = keepsStatements ? preparedName(text) : undefined;
        return named(client.query({ text, values: [...parameters], name }));
      };
      return {
        query: query as unknown as PostgresPoolClient["query"],
        release: (destroy) => client.release(destroy === true || sharing.isOver(client)),
      };
    },
    end() {
      sharing.end();
      return pool.end();
    },
  };
}

async function connect(pool: pg.Pool, sharing: Sharing): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (thrown) {
    const sentence = sharing.missed(thrown);
    throw sentence === undefined ? thrown : unreachable(sentence, thrown);
  }
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw isAway(thrown)
      ? unreachable(`The ledger doesn't answer: ${reason(thrown)}`, thrown)
      : thrown;
  }
}

function unreachable(sentence: string, cause: unknown): ExhibitError {
  return new ExhibitError("SERVICE_UNREACHABLE", sentence, { cause });
}

/**
 * Returns an error's message. A connection error of pg may be an AggregateError with an empty
 * message.
 */
export function reason(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reason).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}
