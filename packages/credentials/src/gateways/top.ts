import { ExhibitError } from "@exhibit/contracts";
import { z } from "zod";
import { keyText } from "../options/key-text.ts";
import { secret } from "../options/secret.ts";
import type { Tunnel } from "../tunnel.ts";
import { type Answered, exchange } from "./exchange.ts";
import { createRedactor } from "./redactor.ts";
import { withoutEnvelope } from "./top-answer.ts";
import { topError, topErrorResponse } from "./top-errors.ts";
import { topSign, topSignMethods, topTimestamp } from "./top-sign.ts";

/** The part of a vendor's options that its gateway needs. */
export const topAccount = z.strictObject({
  gateway: z
    .url({ protocol: /^https?$/, abort: true })
    // HTTP clients refuse such an address with an error that quotes it, with signature and session.
    .refine((url) => new URL(url).username === "" && new URL(url).password === "", {
      message: "Give the address without a user or password",
    }),
  app_key: keyText(),
  app_secret: secret(),
  sign_method: z.enum(topSignMethods).default("hmac-sha256"),
  /** The authorised user's session; only for apps whose API is marked "needs authorisation". */
  session: secret().optional(),
});
type TopAccount = z.output<typeof topAccount>;

type TopParameters = Readonly<Record<string, string>>;

interface TopRequest<Answer extends z.ZodType> {
  /** The API's name, such as `alibaba.kongur.token.getosstoken`. */
  readonly method: string;
  /**
   * The call's own parameters, with structs and arrays as JSON text; empty ones aren't sent. May be
   * a function of the time, by the gateway's clock in ms since the epoch.
   */
  readonly parameters: TopParameters | ((time: number) => Promise<TopParameters>);
  /** The schema of the answer without its envelope. */
  readonly answer: Answer;
  readonly signal?: AbortSignal | undefined;
}

export interface TopClient {
  /**
   * Makes one signed call, and a second one only if the gateway says that our clock is wrong, and
   * by how much. Throws the VENDOR_* errors of `classifyTopError`, VENDOR_UNAVAILABLE for network
   * errors, timeouts and HTTP 5xx, VENDOR_ANSWER_INVALID for another form than the documented one,
   * INTERRUPTED if `signal` aborts. No error contains the app secret, the session, or any
   * credential of the answer.
   */
  call<Answer extends z.ZodType>(request: TopRequest<Answer>): Promise<z.output<Answer>>;
}

export interface TopClientOptions {
  /** The vendor's name, for messages. */
  readonly vendor: string;
  readonly account: TopAccount;
  readonly now?: (() => number) | undefined;
  readonly tunnel?: Tunnel | undefined;
  /** Masks secrets that the gateway may repeat. @defaultValue masks the account's own */
  readonly redact?: ((text: string) => string) | undefined;
  /** Milliseconds for one call, until the last byte of the response. */
  readonly timeout?: number | undefined;
}

/** Milliseconds, as in the platform's own client. */
const TIMEOUT = 30_000;

/** Creates a client of the Taobao Open Platform for one account. */
export function createTopClient(options: TopClientOptions): TopClient {
  const { vendor, account, now = Date.now, timeout = TIMEOUT, tunnel } = options;
  const { redact = createRedactor([account.app_secret, account.session]) } = options;
  // How far the gateway's clock is ahead of ours, in milliseconds.
  let offset = 0;

  async function attempt(request: TopRequest<z.ZodType>): Promise<Answered> {
    const time = now() + offset;
    const { method, parameters: given } = request;
    const parameters = typeof given === "function" ? await given(time) : given;
    const { url, body } = signedRequest(account, { method, parameters }, time);
    return exchange({ vendor, url, body, timeout, signal: request.signal, redact, tunnel });
  }

  return {
    async call(request) {
      let answered = await attempt(request);
      let error = errorOf(vendor, answered, redact);
      if (error?.code === "VENDOR_CLOCK" && answered.date !== undefined) {
        offset = answered.date - now();
        answered = await attempt(request);
        error = errorOf(vendor, answered, redact);
      }
      if (error !== undefined) throw error;
      return parsed(vendor, request, answered);
    },
  };
}

/**
 * Puts the protocol's parameters into the query and the call's own into a form; both are signed.
 */
function signedRequest(
  account: TopAccount,
  request: { method: string; parameters: TopParameters },
  time: number,
) {
  const protocol: Record<string, string> = {
    method: request.method,
    app_key: account.app_key,
    timestamp: topTimestamp(time),
    v: "2.0",
    format: "json",
    sign_method: account.sign_method,
    ...(account.session === undefined ? {} : { session: account.session }),
  };
  const business = Object.fromEntries(
    Object.entries(request.parameters).filter((entry) => entry[1] !== ""),
  );
  const sign = topSign({ ...business, ...protocol }, account.sign_method, account.app_secret);
  const url = new URL(account.gateway);
  for (const [name, value] of Object.entries({ ...protocol, sign }))
    url.searchParams.set(name, value);
  return { url, body: new URLSearchParams(business) };
}

/**
 * Errors arrive as `error_response`, usually with HTTP 200; without one, the HTTP status decides.
 */
function errorOf(
  vendor: string,
  answered: Answered,
  redact: (text: string) => string,
): ExhibitError | undefined {
  const { status, json, instead, retryAfter } = answered;
  const response = topErrorResponse.safeParse(json?.error_response);
  if (response.success) return topError(vendor, response.data, redact);
  if (json !== undefined && json.error_response !== undefined) {
    return invalid(vendor, "its error_response isn't of the documented form", status);
  }
  const details = { vendor, http_status: status };
  const sentence = `${vendor}: the gateway answered HTTP ${status} with ${instead ?? "JSON that says no error"}`;
  if (status === 429) {
    return new ExhibitError("VENDOR_THROTTLED", sentence, {
      details,
      retryAfter: retryAfter ?? 1000,
    });
  }
  if (status >= 500 || status === 408)
    return new ExhibitError("VENDOR_UNAVAILABLE", sentence, { details });
  if (status < 200 || status >= 300) {
    return new ExhibitError("VENDOR_MISCONFIGURED", `${sentence}; check \`gateway\``, { details });
  }
  return instead === undefined ? undefined : invalid(vendor, `it is ${instead}`, status);
}

function parsed<Answer extends z.ZodType>(
  vendor: string,
  request: TopRequest<Answer>,
  { json, status }: Answered,
): z.output<Answer> {
  const answer = request.answer.safeParse(withoutEnvelope(json ?? {}, request.method));
  if (answer.success) return answer.data;
  // zod's issues name paths and types, but not what was received, which may be a credential.
  const faults = answer.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join(".") || "answer"}: ${issue.message}`);
  throw invalid(vendor, faults.join("; "), status);
}

function invalid(vendor: string, fault: string, status: number): ExhibitError {
  return new ExhibitError(
    "VENDOR_ANSWER_INVALID",
    `${vendor}: the answer can't be used: ${fault}`,
    {
      details: { vendor, http_status: status },
    },
  );
}
