import { ExhibitError } from "@exhibit/contracts";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import type pg from "pg";
import { preparedName } from "../sql/prepared-statements.ts";
import type { Sharing } from "./pool-sharing.ts";

/** What the system says of a server that is gone, or that can't be found. */
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
 * Postgres's own codes: connections (08), no room for one more, or no disk or memory (53), system faults (58), being
 * shut down or started (57P), and a server that only reads, as after a failover. Also a login that is refused (28, 3D000):
 * while work is under way, it waits until the password is right again.
 */
const serverCodes = /^(?:08|28|53|58)...$|^57P0[1235]$|^25006$|^3D000$/;

/** Node's codes for a certificate that isn't, or is no longer, to be trusted. */
const certificateCodes = /^(?:CERT|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_TLS|ERR_SSL)_/;

/** The driver's sentences that have no code. */
const driverSentences =
  /^Connection terminated|is not queryable$|^timeout expired$|^timeout exceeded when trying to connect$|^Query read timeout$/;

/** Whether an error says that the database is away, not that a statement is wrong. */
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
 * A pool whose errors are SERVICE_UNREACHABLE when the database is away; all others pass as they are. `keeps` says whether
 * connections may keep statements.
 */
export function withNamedOutages(
  pool: pg.Pool,
  sharing: Sharing,
  { keeps }: { keeps: boolean },
): PostgresPool {
  return {
    options: pool.options,
    async connect() {
      const client = await named(connect(pool, sharing));
      // No cursors: the ledger streams nothing.
      const query = (text: string, parameters: readonly unknown[] = []): Promise<unknown> => {
        const name = keeps ? preparedName(text) : undefined;
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

/** What an error says. Connection errors of pg may be an AggregateError with an empty message. */
export function reason(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reason).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}
