import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { ExhibitError } from "@exhibit/contracts";
import type { Tunnel } from "../tunnel.ts";
import { type AnswerText, answerText } from "./answer-text.ts";
import { pauseOf } from "./pause.ts";
import { post } from "./post.ts";

export interface Exchange {
  readonly vendor: string;
  readonly url: URL;
  /** A form, or a text of the type that the headers name. */
  readonly body: URLSearchParams | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until the last byte of the response. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** Masks secrets that the response may repeat. */
  readonly redact: (text: string) => string;
  readonly tunnel?: Tunnel | undefined;
}

/** A response, whatever its HTTP status. */
export interface Answered extends AnswerText {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The gateway's clock by its Date header, in ms since the epoch, to the second. */
  readonly date: number | undefined;
  /** Retry-After in milliseconds. */
  readonly retryAfter: number | undefined;
}

/** Bytes. Ten thousand suits take about a megabyte; a larger body isn't a token API's. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const FORM = { "content-type": "application/x-www-form-urlencoded;charset=utf-8" };

/**
 * Posts a call and reads the response. Throws VENDOR_UNAVAILABLE, VENDOR_ANSWER_INVALID (too large)
 * and INTERRUPTED.
 */
export async function exchange({
  vendor,
  url,
  body,
  headers = FORM,
  timeout,
  signal,
  redact,
  tunnel,
}: Exchange): Promise<Answered> {
  const deadline = AbortSignal.timeout(timeout);
  const text = body.toString();
  try {
    const response = await post({
      url,
      headers: { ...headers, "content-length": String(Buffer.byteLength(text)) },
      body: text,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      timeout,
      tunnel,
    });
    const { statusCode: status = 0, headers: said } = response;
    return {
      status,
      headers: said,
      ...answerText(await bytesOf(vendor, response), said["content-type"], redact),
      ...redirection(status, said.location, url),
      date: dateOf(said.date),
      retryAfter: secondsOf(said["retry-after"]),
    };
  } catch (thrown) {
    throw exchangeError(thrown, {
      vendor,
      gateway: url.origin + url.pathname,
      timeout,
      signal,
      deadline,
    });
  }
}

/** Redirects aren't followed; the target's host shows whether it is a portal or a moved gateway. */
function redirection(status: number, location: string | undefined, url: URL): Partial<AnswerText> {
  const to = location === undefined ? null : URL.parse(location, url.href);
  return status >= 300 && status < 400 && to !== null
    ? { instead: `a redirect to ${to.origin}` }
    : {};
}

async function bytesOf(vendor: string, response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      const message = `${vendor}: the answer can't be used: it is larger than ${MAX_ANSWER_BYTES} bytes`;
      throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function exchangeError(
  thrown: unknown,
  at: {
    vendor: string;
    gateway: string;
    timeout: number;
    signal: AbortSignal | undefined;
    deadline: AbortSignal;
  },
): ExhibitError {
  if (thrown instanceof ExhibitError) return thrown;
  const { vendor, gateway } = at;
  if (at.signal?.aborted) {
    return new ExhibitError("INTERRUPTED", `${vendor}: the call was stopped`, {
      cause: at.signal.reason,
    });
  }
  const details = { vendor, gateway };
  if (at.deadline.aborted) {
    const message = `${vendor}: ${gateway} didn't answer within ${at.timeout / 1000} s`;
    return new ExhibitError("VENDOR_UNAVAILABLE", message, { details, cause: at.deadline.reason });
  }
  const cause = bareCause(thrown);
  const message = `${vendor}: ${gateway} can't be reached: ${cause.message}`;
  return new ExhibitError("VENDOR_UNAVAILABLE", message, { details, cause });
}

/**
 * Keeps only code and message: Node's errors may hold received bytes (`rawPacket` of a parse
 * error).
 */
function bareCause(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error("unknown fault");
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
  // An AggregateError (several addresses were tried) has a code but no message.
  const message = thrown.message || code || thrown.name;
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

function dateOf(header: string | undefined): number | undefined {
  const time = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(time) ? undefined : time;
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? pauseOf(Number(header)) : undefined;
}
