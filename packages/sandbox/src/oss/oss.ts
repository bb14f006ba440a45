import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createFaultList, type OrderedFault } from "../fault-list.ts";
import { Cut, createHold, type Hold } from "../hold.ts";
import { createRequestLog, type RequestLog } from "../request-log.ts";
import { authenticate, type Gatekeeper } from "./authenticate.ts";
import type { Operation, OssAnswer, OssHouse } from "./operation.ts";
import { operationOf } from "./operations.ts";
import { OssError, ossError } from "./oss-error.ts";
import {
  type Matchable,
  matchesRequest,
  type OssFaultOrder,
  type OssMatch,
  ossFault,
  ossMatch,
} from "./oss-fault.ts";
import { checkNames, type OssRequest, readRequest } from "./oss-request.ts";
import { errorAnswer, sendAnswer } from "./send-answer.ts";
import { type Strike, strikeAfter, strikeBefore } from "./strike.ts";
import { createThrottle, type OssLimits } from "./throttle.ts";

/** One request to OSS, noted when its answer was made. */
export interface OssEntry extends Matchable {
  /** 0 when the connection was cut, by the client or by a fault. */
  status: number;
  /** OSS's code of an error. */
  code: string | undefined;
  /** Content-Length of the request. */
  bytes: number;
  accessKeyId: string | undefined;
  requestId: string;
  /** When it began: milliseconds since the epoch, by the machine's clock. */
  at: number;
  /** Milliseconds. */
  took: number;
}

/** What tests can tell OSS. */
export interface OssControl {
  readonly log: RequestLog<OssEntry>;
  /** Makes the next matching request, or the next `times`, go wrong. */
  fail(fault: OssFaultOrder): OrderedFault;
  /** Keeps matching requests waiting: before anything is done, or (`after`) when all is done but the answer isn't sent. */
  hold(match?: OssMatch, options?: { at?: "before" | "after" }): Hold;
  /** From now on more requests than these at once, or in a second, are answered with 503; `{}` takes the limits away. */
  throttle(limits: OssLimits): void;
  /** Every request waits so many milliseconds first, until told otherwise; faults come on top. */
  pace(milliseconds: number): void;
  /** Takes all faults and limits away and lets go what is held. */
  heal(): void;
}

export interface Oss extends OssControl {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface OssOptions {
  house: OssHouse;
  gatekeeper: Gatekeeper;
  buckets: ReadonlySet<string>;
  logLimit: number;
  /** Ends pauses when the sandbox closes. */
  signal: AbortSignal;
}

interface Exchange {
  entry: OssEntry;
  message: IncomingMessage;
  strike: Strike | undefined;
}

export function createOss(options: OssOptions): Oss {
  const { house, gatekeeper, buckets } = options;
  const log = createRequestLog<OssEntry>(
    (e) => `${e.operation} ${e.code ?? e.status}`,
    options.logLimit,
  );
  const strikes = createFaultList<Matchable, Strike>((strike, entry) =>
    matchesRequest(strike.match, entry),
  );
  const holds = new Set<Hold>();
  const throttle = createThrottle();
  let paceMs = 0;
  const nextId = requestIds();

  async function carryOut(exchange: Exchange): Promise<OssAnswer> {
    const { entry, message } = exchange;
    let request: OssRequest | undefined;
    let operation: Operation | undefined;
    let refusal: unknown;
    try {
      request = readRequest(message, buckets);
      Object.assign(entry, { bucket: request.bucket, key: request.key, query: request.rawQuery });
      operation = operationOf(request);
      entry.operation = operation.name;
    } catch (error) {
      refusal = error;
    }
    throttle.check();
    if (paceMs > 0) await pause(paceMs, undefined, { signal: options.signal });
    exchange.strike = strikes.take(entry);
    if (exchange.strike) await strikeBefore(exchange.strike, message, options.signal);
    if (request === undefined || operation === undefined) throw refusal;
    checkNames(request, buckets);
    admit(request, operation, entry);
    return operation.handle(request, house);
  }

  function admit(request: OssRequest, operation: Operation, entry: OssEntry): void {
    const key = authenticate(request, gatekeeper);
    entry.accessKeyId = key.accessKeyId;
    const resource = request.key === "" ? request.bucket : `${request.bucket}/${request.key}`;
    if (!key.allows(operation.action, resource)) throw ossError("AccessDenied");
  }

  async function answerOf(exchange: Exchange): Promise<OssAnswer | undefined> {
    const { entry, message } = exchange;
    try {
      const answer = await carryOut(exchange);
      const { strike } = exchange;
      return strike === undefined ? answer : await strikeAfter(strike, answer);
    } catch (error) {
      if (error instanceof Cut || isGone(message)) return undefined;
      const known = error instanceof OssError ? error : ossError("InternalError", String(error));
      entry.code = known.code;
      const headers =
        exchange.strike && "fault" in exchange.strike ? exchange.strike.fault.headers : {};
      return errorAnswer(known, entry.requestId, message, headers);
    }
  }

  return {
    log,
    fail(order) {
      const fault = ossFault.parse(order);
      const { match, times, skip } = fault;
      return strikes.add({ match, times, skip, fault });
    },
    hold(match = {}, { at = "before" } = {}) {
      const { hold, pass } = createHold(() => {
        ordered.remove();
        holds.delete(hold);
      });
      const ordered = strikes.add({
        match: ossMatch.parse(match),
        times: "always",
        skip: 0,
        gate: { at, pass },
      });
      holds.add(hold);
      return hold;
    },
    throttle: (limits) => throttle.limit(limits),
    pace(milliseconds) {
      paceMs = milliseconds;
    },
    heal() {
      strikes.clear();
      throttle.limit({});
      for (const hold of [...holds]) hold.release();
    },
    async serve(message, response) {
      const began = performance.now();
      const exchange: Exchange = {
        entry: emptyEntry(message, nextId()),
        message,
        strike: undefined,
      };
      const leave = throttle.enter();
      const answer = await answerOf(exchange).finally(leave);
      const { entry } = exchange;
      entry.status = answer?.status ?? 0;
      entry.took = performance.now() - began;
      log.add(entry);
      if (answer === undefined) response.destroy();
      else await sendAnswer(response, answer, { ...entry, now: gatekeeper.now() });
    },
  };
}

function emptyEntry(message: IncomingMessage, requestId: string): OssEntry {
  return {
    method: message.method ?? "",
    operation: "",
    bucket: "",
    key: "",
    query: "",
    status: 0,
    code: undefined,
    bytes: Number(message.headers["content-length"] ?? 0),
    accessKeyId: undefined,
    requestId,
    at: Date.now(),
    took: 0,
  };
}

/** 24 upper-case hexadecimal digits, as OSS's are. */
function requestIds(): () => string {
  const run = randomBytes(6).toString("hex").toUpperCase();
  let count = 0;
  return () => run + (++count).toString(16).toUpperCase().padStart(12, "0");
}

function isGone(message: IncomingMessage): boolean {
  return message.destroyed && !message.complete;
}
