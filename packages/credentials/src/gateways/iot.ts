import { randomUUID } from "node:crypto";
import type { ExhibitError } from "@exhibit/contracts";
import { z } from "zod";
import { keyText } from "../options/key-text.ts";
import { secret } from "../options/secret.ts";
import type { Tunnel } from "../tunnel.ts";
import { type Answered, exchange } from "./exchange.ts";
import { type IotOutcome, iotAnswer, iotError, SQL_INVOKE_ERROR } from "./iot-errors.ts";
import { contentMd5, iotSign, iotSignedHeaders } from "./iot-sign.ts";
import { createRedactor } from "./redactor.ts";

/** The part of a vendor's options that its gateway needs. */
export const iotAccount = z.strictObject({
  /** The address that APIs' paths are appended to, such as `https://api.link.aliyun.com`. */
  gateway: z.url({ protocol: /^https?$/, abort: true }).refine(isBare, {
    message: "Give the address without user, password, query and fragment",
  }),
  /** Sent in a header. */
  app_key: keyText().regex(/^[\x21-\x7e]+$/, "Give it in ASCII"),
  app_secret: secret(),
  stage: z.enum(["RELEASE", "PRE", "TEST"]).default("RELEASE"),
});
type IotAccount = z.output<typeof iotAccount>;

interface IotRequest {
  /** The API's path, such as `/industry/qualification/oss/sts/get`. */
  readonly path: string;
  /** The API's own version. */
  readonly apiVersion: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

export interface IotClient {
  /**
   * Makes one signed call and returns the answer's `data`. Makes a second call only if the gateway
   * says that our clock is wrong, and by how much, or if the back end's database failed. Throws the
   * VENDOR_* errors of `classifyIotOutcome`, VENDOR_UNAVAILABLE for network errors and timeouts,
   * VENDOR_ANSWER_INVALID for another form than the documented one, INTERRUPTED if `signal` aborts.
   * No error contains the app secret, what was signed, or any credential of the answer.
   */
  call(request: IotRequest): Promise<unknown>;
}

export interface IotClientOptions {
  /** The vendor's name, for messages. */
  readonly vendor: string;
  readonly account: IotAccount;
  readonly now?: (() => number) | undefined;
  readonly tunnel?: Tunnel | undefined;
  /** Milliseconds for one call, until the last byte of the response. */
  readonly timeout?: number | undefined;
}

/** The gateway waits 5 s for its back end. */
const TIMEOUT = 10_000;

/** Creates a client of the IoT gateway (Alibaba Cloud API Gateway) for one account. */
export function createIotClient(options: IotClientOptions): IotClient {
  const { vendor, account, now = Date.now, timeout = TIMEOUT, tunnel } = options;
  const redact = createRedactor([account.app_secret]);
  // How far the gateway's clock is ahead of ours, in milliseconds.
  let offset = 0;

  async function attempt(request: IotRequest) {
    const { url, headers, body } = signedRequest(account, request, now() + offset);
    const answered = await exchange({
      vendor,
      url,
      headers,
      body,
      timeout,
      signal: request.signal,
      redact,
      tunnel,
    });
    const outcome = outcomeOf(answered);
    return { answered, outcome, error: iotError(vendor, outcome, redact) };
  }

  return {
    async call(request) {
      let { answered, outcome, error } = await attempt(request);
      if (error?.code === "VENDOR_CLOCK" && answered.date !== undefined) {
        offset = answered.date - now();
        ({ outcome, error } = await attempt(request));
      } else if (isWorthOneTry(error)) {
        ({ outcome, error } = await attempt(request));
      }
      if (error !== undefined) throw error;
      return outcome.answer?.data;
    },
  };
}

function isWorthOneTry(error: ExhibitError | undefined): boolean {
  return error?.details.code === SQL_INVOKE_ERROR;
}

function signedRequest(account: IotAccount, request: IotRequest, time: number) {
  const url = new URL(account.gateway);
  url.pathname = url.pathname.replace(/\/$/, "") + request.path;
  const body = JSON.stringify({
    id: randomUUID().replaceAll("-", ""),
    version: "1.0",
    request: { apiVer: request.apiVersion },
    params: request.parameters,
  });
  const headers: Record<string, string> = {
    // Set explicitly, because a client's default `*/*` would break the signature.
    accept: "application/json; charset=utf-8",
    "content-type": "application/octet-stream; charset=utf-8",
    "content-md5": contentMd5(body),
    "x-ca-key": account.app_key,
    "x-ca-nonce": randomUUID(),
    "x-ca-signature-method": "HmacSHA256",
    "x-ca-stage": account.stage,
    "x-ca-timestamp": String(time),
  };
  const signature = iotSign({ method: "POST", path: url.pathname, headers }, account.app_secret);
  headers["x-ca-signature-headers"] = iotSignedHeaders({ headers }).join(",");
  headers["x-ca-signature"] = signature;
  return { url, headers, body };
}

function outcomeOf({ status, headers, json, instead, retryAfter }: Answered): IotOutcome {
  const parsed = iotAnswer.safeParse(json);
  // Only `set-cookie` is a list.
  const header = (name: string) => headers[name] as string | undefined;
  return {
    status,
    answer: parsed.success ? parsed.data : undefined,
    instead,
    message: header("x-ca-error-message"),
    errorCode: header("x-ca-error-code"),
    requestId: header("x-ca-request-id"),
    retryAfter,
  };
}

function isBare(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === "";
}
