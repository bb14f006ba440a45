import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import {
  checkStamp,
  type DigestName,
  type Stamp,
  type StampFault,
  stampRequest,
  type Trust,
  tokenFault,
  writeStampRequest,
} from "@exhibit/custody";
import { bytesAtMost, type SafeFetch } from "@exhibit/safe-fetch";
import { answerFault } from "../jobs/answer-fault.ts";
import { withinTime } from "../jobs/within-time.ts";

/** An authority of time stamps (RFC 3161), as it is configured. */
export interface StampAuthority {
  /** What it is called here, and in the names of files. */
  readonly name: string;
  readonly url: string;
  /** Sent with each request; they may be secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly digest: DigestName;
  readonly policy?: string | undefined;
  /** What its certificates have to lead to; undefined where tokens are kept unchecked. */
  readonly trust?: { readonly pem: string; readonly certificates: Trust } | undefined;
}

/** Milliseconds within which an authority has to answer. */
export const ANSWER_TIMEOUT_MS = 15_000;
/** Bytes of an answer; a token has some 2,000 to 6,000. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** A token that is in order, or that is kept unchecked. */
export interface Token {
  readonly token: Buffer;
  readonly checked?: Stamp & { readonly ca: string };
}

/** What an authority is asked with. */
export interface Asking {
  readonly fetch: SafeFetch;
  /** Milliseconds within which an authority has to answer. @defaultValue 15,000 */
  readonly answerTimeoutMs?: number;
}

/** Asks an authority for a stamp of a text, and checks it. Returns undefined when that was broken off. */
export async function askAuthority(
  { fetch, answerTimeoutMs = ANSWER_TIMEOUT_MS }: Asking,
  { url, headers, digest, policy, trust }: StampAuthority,
  text: string,
  signal: AbortSignal,
): Promise<Token | StampFault | undefined> {
  const request = stampRequest(text, { digest, policy });
  const late = new ExhibitError(
    "ADDRESS_UNREACHABLE",
    `it didn't answer within ${answerTimeoutMs / 1000} s.`,
  );
  try {
    return await withinTime({ milliseconds: answerTimeoutMs, late, signal }, async (limited) => {
      using response = await fetch.fetch(url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/timestamp-query" },
        body: writeStampRequest(request),
        signal: limited,
      });
      const fault = answerFault(response.status);
      if (fault) return fault;
      const token = await bytesAtMost(response, MAX_ANSWER_BYTES + 1);
      if (token.length > MAX_ANSWER_BYTES) {
        return { kind: "invalid", reason: `it is longer than ${MAX_ANSWER_BYTES / 1024} KiB` };
      }
      if (trust === undefined) return tokenFault(token) ?? { token };
      const checked = checkStamp(token, request, trust.certificates);
      return "kind" in checked ? checked : { token, checked: { ...checked, ca: trust.pem } };
    });
  } catch (thrown) {
    if (signal.aborted) return undefined;
    return { kind: "away", reason: toExhibitError(thrown).message };
  }
}
