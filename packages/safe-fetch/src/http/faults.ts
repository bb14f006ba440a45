import { ExhibitError } from "@exhibit/contracts";

/** Makes the error for an address that may be called, and doesn't answer as it should. */
export function unreachable(url: URL, cause: unknown): ExhibitError {
  if (cause instanceof ExhibitError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  return new ExhibitError(
    "ADDRESS_UNREACHABLE",
    `${url.host} doesn't answer: ${sentenceOf(code) ?? (message || String(code))}.`,
    { cause },
  );
}

/** What Node's codes mean; its own messages name addresses, which aren't for everybody. */
const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  EPIPE: "it closed the connection",
  EAI_AGAIN: "its name can't be looked up for the moment",
  ETIMEOUT: "its name can't be looked up for the moment",
  ETIMEDOUT: "it can't be connected to in time",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  HPE_HEADER_OVERFLOW: "the headers of its answer are larger than 16 KiB",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is of an authority that isn't trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an authority that isn't trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of an authority that isn't trusted",
  CERT_HAS_EXPIRED: "its certificate has expired",
};

function sentenceOf(code: string | undefined): string | undefined {
  if (code?.startsWith("HPE_") === true && !(code in SENTENCES)) return "it doesn't speak HTTP";
  if (code?.startsWith("ERR_SSL_") === true) return "it doesn't speak TLS";
  return SENTENCES[code ?? ""];
}
