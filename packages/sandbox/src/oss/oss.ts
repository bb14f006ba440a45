import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createFaultList, type OrderedFault } from "../faults/fault-list.ts";
import { Cut, createHold, type Hold } from "../faults/hold.ts";
import { createRequestLog, type RequestLog } from "../request-log.ts";
import { applyAfter, applyBefore, type InjectedFault } from "./faults/injected-fault.ts";
import {
  type Matchable,
  matchesRequest,
  type OssFaultOrder,
  type OssMatch,
  ossFault,
  ossMatch,
} from "./faults/oss-fault.ts";
import { createThrottle, type OssLimits } from "./faults/throttle.ts";
import type { Operation, OssState } from "./operations/operation.ts";
import { operationOf } from "./operations/routes.ts";
import { OssError, ossError } from "./protocol/oss-error.ts";
import { checkNames, type OssRequest, readRequest } from "./protocol/oss-request.ts";
import { errorResponse, type OssResponse, sendResponse } from "./protocol/oss-response.ts";
import { type Authenticator, authenticate } from "./signing/authenticate.ts";

/** One request to OSS, which is logged when its response is made. */
export interface OssEntry extends Matchable {
  /** 0 if the connection was cut, by the client or by a fault. */
  status: number;
  /** OSS's error code. */
  code: string | undefined;
  /** The request's Content-Length. */
  bytes: number;
  accessKeyId: string | undefined;
  requestId: string;
  /** When it arrived: milliseconds since the epoch, by the machine's clock. */
  at: number;
  /** How long it took, in milliseconds. */
  took: number;
}

/** What tests can order of OSS. */
export interface OssControl {
  readonly log: RequestLog<OssEntry>;
  /** Makes the next matching request, or the next `times` requests, fail. */
  fail(fault: OssFaultOrder): OrderedFault;
  /** Holds matching requests: before anything is done, or (`after`) once all is done and before the response is sent. */
  hold(match?: OssMatch, options?: { at?: "before" | "after" }): Hold;
  /** Responds with 503 to more requests than these at once or in a second; `{}` removes the limits. */
  throttle(limits: OssLimits): void;
  /** Delays every request by so many milliseconds, besides what faults do. */
  pace(milliseconds: number): void;
  /** Removes all faults and limits, and releases what is held. */
  heal(): void;
}

export interface Oss extends OssControl {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface OssOptions {
  state: OssState;
  authenticator: Authenticator;
  buckets: ReadonlySet<string>;
  logLimit: number;
  /** Is aborted when the sandbox closes, and ends pauses. */
  signal: AbortSignal;
}

interface Exchange {
  entry: OssEntry;
  message: IncomingMessage;
  injectedFault: InjectedFault | undefined;
}

export function createOss(options: OssOptions): Oss {
  const { state, authenticator, buckets } = options;
  const log = createRequestLog<OssEntry>(
    (e) => `${e.operation} ${e.code ?? e.status}`,
    options.logLimit,
  );
  const injected = createFaultList<Matchable, InjectedFault>((injectedFault, entry) =>
    matchesRequest(injectedFault.match, entry),
  );
  const holds = new Set<Hold>();
  const throttle = createThrottle();
  let paceMs = 0;
  const nextId = requestIds();

  async function carryOut(exchange: Exchange): Promise<OssResponse> {
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
    exchange.injectedFault = injected.take(entry);
    if (exchange.injectedFault) await applyBefore(exchange.injectedFault, message, options.signal);
    if (request === undefined || operation === undefined) throw refusal;
    checkNames(request, buckets);
    admit(request, operation, entry);
    return operation.handle(request, state);
  }

  function admit(request: OssRequest, operation: Operation, entry: OssEntry): void {
    const key = authenticate(request, authenticator);
    entry.accessKeyId = key.accessKeyId;
    const resource = request.key === "" ? request.bucket : `${request.bucket}/${request.key}`;
    if (!key.allows(operation.action, resource)) throw ossError("AccessDenied");
  }

  async function responseTo(exchange: Exchange): Promise<OssResponse | undefined> {
    const { entry, message } = exchange;
    try {
      const response = await carryOut(exchange);
      const { injectedFault } = exchange;
      return injectedFault === undefined ? response : await applyAfter(injectedFault, response);
    } catch (error) {
      if (error instanceof Cut || isGone(message)) return undefined;
      const known = error instanceof OssError ? error : ossError("InternalError", String(error));
      entry.code = known.code;
      const headers =
        exchange.injectedFault && "fault" in exchange.injectedFault
          ? exchange.injectedFault.fault.headers
          : {};
      return errorResponse(known, entry.requestId, message, headers);
    }
  }

  return {
    log,
    fail(order) {
      const fault = ossFault.parse(order);
      const { match, times, skip } = fault;
      return injected.add({ match, times, skip, fault });
    },
    hold(match = {}, { at = "before" } = {}) {
      const { hold, pass } = createHold(() => {
        ordered.remove();
        holds.delete(hold);
      });
      const ordered = injected.add({
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
      injected.clear();
      throttle.limit({});
      for (const hold of [...holds]) hold.release();
    },
    async serve(message, response) {
      const began = performance.now();
      const exchange: Exchange = {
        entry: emptyEntry(message, nextId()),
        message,
        injectedFault: undefined,
      };
      const leave = throttle.enter();
      const answer = await responseTo(exchange).finally(leave);
      const { entry } = exchange;
      entry.status = answer?.status ?? 0;
      entry.took = performance.now() - began;
      log.add(entry);
      if (answer === undefined) response.destroy();
      else await sendResponse(response, answer, { ...entry, now: authenticator.now() });
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

/** Returns a maker of request ids: 24 upper-case hexadecimal digits, as OSS's are. */
function requestIds(): () => string {
  const run = randomBytes(6).toString("hex").toUpperCase();
  let count = 0;
  return () => run + (++count).toString(16).toUpperCase().padStart(12, "0");
}

function isGone(message: IncomingMessage): boolean {
  return message.destroyed && !message.complete;
}
