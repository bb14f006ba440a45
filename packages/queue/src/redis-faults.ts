import { ExhibitError } from "@exhibit/contracts";

/** What a Redis says that doesn't let us in. */
const LOGIN = /^(?:NOAUTH|WRONGPASS)\b|^ERR (?:AUTH|invalid password)\b/;

/** OpenSSL's words for a certificate that nobody known has signed. */
const UNKNOWN_SIGNER = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/**
 * What went wrong with a Redis, as ours: SERVICE_REFUSED when it doesn't let us in, else SERVICE_UNREACHABLE, with what may
 * be wrong with the address. What is ours already passes. `isTls` says how it is spoken to.
 */
export function faultOfRedis(thrown: unknown, { isTls }: { isTls: boolean }): ExhibitError {
  if (thrown instanceof ExhibitError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  if (LOGIN.test(reason)) {
    const said = reason.startsWith("NOAUTH")
      ? "it asks for a password, and the address has none"
      : reason;
    return new ExhibitError("SERVICE_REFUSED", `Redis refuses the login: ${said}`, {
      cause: thrown,
    });
  }
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return new ExhibitError(
    "SERVICE_UNREACHABLE",
    `The queue doesn't answer: ${reason}${hintOf(code, reason, isTls)}`,
    { cause: thrown },
  );
}

function hintOf(code: string, reason: string, isTls: boolean): string {
  if (UNKNOWN_SIGNER.has(code)) {
    return ". Nobody whom Node knows has signed its certificate: name the file that has your own authority's by EXHIBIT_REDIS_CA_FILE.";
  }
  if (isTls && (/timed out|ETIMEDOUT/.test(reason) || code === "EPROTO")) {
    return ". If it doesn't speak TLS there, the address begins with redis://.";
  }
  if (!isTls && code === "ECONNRESET") {
    return ". If it speaks TLS there, the address begins with rediss://.";
  }
  return "";
}
