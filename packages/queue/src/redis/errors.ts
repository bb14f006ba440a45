import { ExhibitError } from "@exhibit/contracts";

/** Replies of a Redis that refuses the login. */
const LOGIN = /^(?:NOAUTH|WRONGPASS)\b|^ERR (?:AUTH|invalid password)\b/;

/** OpenSSL's codes for a certificate whose signer isn't known. */
const UNKNOWN_SIGNER = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/**
 * Turns what a Redis connection threw into an error of ours: SERVICE_REFUSED when Redis refuses the
 * login, else SERVICE_UNREACHABLE with a hint at what may be wrong with the address. An
 * `ExhibitError` is returned as it is. `isTls` says whether the connection uses TLS.
 */
export function errorOfRedis(thrown: unknown, { isTls }: { isTls: boolean }): ExhibitError {
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
    return ". Node doesn't know who signed its certificate: set EXHIBIT_REDIS_CA_FILE to the file with your own authority's certificate.";
  }
  if (isTls && (/timed out|ETIMEDOUT/.test(reason) || code === "EPROTO")) {
    return ". If it doesn't speak TLS there, begin the address with redis://.";
  }
  if (!isTls && code === "ECONNRESET") {
    return ". If it speaks TLS there, begin the address with rediss://.";
  }
  return "";
}
