import { ExhibitError } from "@exhibit/contracts";
import { reason } from "./outages.ts";
import { unfit } from "./postgres-fitness.ts";

/**
 * Postgres's codes for a refused login: the password, the rules of pg_hba.conf, the database, its
 * permissions.
 */
const LOGIN_CODES = new Set(["28P01", "28000", "3D000", "42501"]);
/** PgBouncer's messages for the same; its code says nothing. */
const LOGIN_SENTENCES =
  /^SASL authentication failed|password authentication failed|^no such (?:user|database)|^database ".*" does not exist/;
/** The driver's message when the address has no password. */
const NO_PASSWORD = /client password must be a string/;
const STATEMENT_MODE = /not allowed in statement pooling mode/;

/** OpenSSL's codes for a certificate that no known authority has signed. */
const UNKNOWN_SIGNER = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/**
 * Returns why a ledger on a Postgres server is unavailable: SERVICE_REFUSED for a refused login,
 * SERVICE_UNFIT for an unsuitable pooler, CONFIG_INVALID for an address that names missing files,
 * else SERVICE_UNREACHABLE with what may be wrong with the address. The message begins with `what`.
 */
export function faultOfPostgres(what: string, thrown: unknown): ExhibitError {
  // An outage has its code already; here, its cause matters.
  const cause =
    thrown instanceof ExhibitError && thrown.code === "SERVICE_UNREACHABLE" ? thrown.cause : thrown;
  if (cause instanceof ExhibitError) return cause;
  const said = reason(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (STATEMENT_MODE.test(said)) {
    return unfit(
      "a pooler in front of it gives each statement another connection (statement mode), which rules out transactions. Make it pool by session, or by transaction with ?pooler=transaction.",
    );
  }
  if (NO_PASSWORD.test(said)) {
    return refused("it asks for a password, and the address has none", cause);
  }
  if (LOGIN_CODES.has(code) || LOGIN_SENTENCES.test(said)) {
    return refused(`${said}${said.endsWith("no encryption") ? TLS_WANTED : ""}`, cause);
  }
  if ((code === "ENOENT" || code === "EACCES") && cause instanceof Error && "path" in cause) {
    const message = `EXHIBIT_DATABASE_URL names a file that can't be read: ${cause.path} (${code}).`;
    return new ExhibitError("CONFIG_INVALID", message, { cause });
  }
  if (thrown instanceof ExhibitError) return withHint(thrown, hintOf(code, said));
  return new ExhibitError("SERVICE_UNREACHABLE", `${what}: ${said}${hintOf(code, said)}`, {
    cause,
  });
}

const TLS_WANTED = ". If it requires TLS, add ?sslmode=verify-full&sslrootcert=FILE.";

function hintOf(code: string, said: string): string {
  if (UNKNOWN_SIGNER.has(code)) {
    return ". No authority that Node knows has signed its certificate: name the file of your own authority with ?sslmode=verify-full&sslrootcert=FILE.";
  }
  if (/does not support SSL/.test(said)) return ". Remove sslmode from the address.";
  return "";
}

function withHint(error: ExhibitError, hint: string): ExhibitError {
  if (hint === "") return error;
  return new ExhibitError(error.code, `${error.message}${hint}`, { cause: error.cause });
}

function refused(said: string, cause: unknown): ExhibitError {
  return new ExhibitError("SERVICE_REFUSED", `Postgres refuses the login: ${said}`, { cause });
}
