import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createFaultList, type OrderedFault, type Schedule } from "../faults/fault-list.ts";
import { createHold, type Hold } from "../faults/hold.ts";
import { httpDate } from "../http/http-date.ts";
import { createRequestLog, type RequestLog } from "../request-log.ts";
import type { TokenIssuer } from "../tokens/token-issuer.ts";
import type { GatewayCall } from "./gateway-call.ts";
import {
  applyFault,
  type GatewayFault,
  type GatewayFaultOrder,
  gatewayFault,
} from "./gateway-fault.ts";
import { type GatewayMove, type GatewayMoveOrder, gatewayMove } from "./gateway-move.ts";
import { createIotGateway } from "./iot-gateway.ts";
import { readParameters } from "./top/read-parameters.ts";
import { checkCommonParameters, type Parameters, readFormat } from "./top/top-checks.ts";
import { type TopFormat, writeAnswer, writeError } from "./top/top-envelope.ts";
import { TopError, topError } from "./top/top-error.ts";
import { topRefusal } from "./top/top-fault.ts";
import {
  type TopVendorName,
  topVendorNames,
  topVendors,
  type VendorName,
} from "./vendors/index.ts";
import type { Refusal, TopVendor, UploadUrls, VendorContext } from "./vendors/vendor.ts";

/** What tests can order of the gateway. */
export interface GatewayControl {
  readonly log: RequestLog<GatewayCall>;
  /** Makes the next call, or the next `times` calls, fail. */
  fail(fault: GatewayFaultOrder): OrderedFault;
  /** Holds calls of a vendor before they are looked at. */
  hold(vendor: VendorName): Hold;
  /**
   * Refuses a folder until `heal`. A folder is named: for kongur by a suit id, `entrust`, `lawyer`
   * or `firm`; for deepvision by an `op_poi_id` (its code is a number in a string); for rex by a
   * scene; for wombat by its codes in the document's order, joined by `/`; for industry by a
   * record's id (its code is a number in a string).
   */
  refuse(refusal: { vendor: VendorName; folder: string } & Refusal): void;
  /** Sets the form of industry's `uploadUrl`, which is `bucket` at first. */
  giveUploadUrls(form: UploadUrls): void;
  /** Makes a vendor's answers lead elsewhere until `heal`, as far as they name a place. */
  move(move: GatewayMoveOrder): void;
  /** Removes all faults, refusals and moves, and releases what is held. */
  heal(): void;
}

export interface Gateway extends GatewayControl {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface GatewayOptions {
  now: () => number;
  tokens: TokenIssuer;
  ossUrl: () => string;
  logLimit: number;
  /** Is aborted when the sandbox closes, and ends pauses. */
  signal: AbortSignal;
}

/** What held calls wait for. */
interface Gate extends Schedule {
  vendor: VendorName;
  pass(): Promise<void>;
}

const XML: TopFormat = { format: "xml", simplify: false };

export function createGateway(options: GatewayOptions): Gateway {
  const { tokens } = options;
  const log = createRequestLog<GatewayCall>(
    (c) => `${c.vendor ?? "unknown"} ${c.outcome}`,
    options.logLimit,
  );
  const faults = createFaultList<VendorName | undefined, GatewayFault>(
    (fault, vendor) => fault.vendor === undefined || fault.vendor === vendor,
  );
  const gates = createFaultList<VendorName | undefined, Gate>(
    (gate, vendor) => gate.vendor === vendor,
  );
  const holds = new Set<Hold>();
  const refusals = new Map<string, Refusal>();
  const moves = new Map<VendorName, GatewayMove>();
  let uploadUrls: UploadUrls = "bucket";

  function contextOf(vendor: VendorName): VendorContext {
    return {
      now: options.now(),
      placeOf({ bucket, prefix }) {
        const moved = moves.get(vendor);
        return {
          endpoint: moved?.endpoint ?? options.ossUrl(),
          bucket: moved?.bucket ?? bucket,
          prefix: `${moved?.prefix ?? ""}${prefix}`,
        };
      },
      uploadUrls,
      actions: tokens.actions,
      issue: tokens.issue,
      refusalOf: (folder) => refusals.get(`${vendor} ${folder}`),
    };
  }

  async function takeFault(vendor: VendorName | undefined): Promise<GatewayFault | undefined> {
    await gates.take(vendor)?.pass();
    return faults.take(vendor);
  }

  async function answer(parameters: Parameters, as: TopFormat, requestId: string): Promise<Reply> {
    const name = vendorOf(parameters);
    const fault = await takeFault(name);
    const effect = await applyFault(fault, topRefusal, options.signal);
    if (effect === "reset") return { outcome: effect };
    if (effect === "down") return { outcome: effect, status: 502, body: BAD_GATEWAY };
    if (!parameters.get("method")) throw topError(21);
    if (name === undefined) throw topError(22);
    checkCommonParameters(parameters, options.now());
    const vendor: TopVendor = topVendors[name];
    const body = writeAnswer(
      vendor.method,
      vendor.answer(parameters, contextOf(name)),
      requestId,
      as,
    );
    if (effect === "none") return { outcome: "ok", body };
    return { outcome: effect, body: body.slice(0, body.length / 2) };
  }

  const iot = createIotGateway({
    now: options.now,
    takeFault,
    contextOf,
    note: log.add,
    signal: options.signal,
  });

  return {
    log,
    fail: (fault) => faults.add(gatewayFault.parse(fault)),
    hold(vendor) {
      const { hold, pass } = createHold(() => {
        ordered.remove();
        holds.delete(hold);
      });
      const ordered = gates.add({ vendor, times: "always", skip: 0, pass });
      holds.add(hold);
      return hold;
    },
    refuse({ vendor, folder, code, message }) {
      refusals.set(`${vendor} ${folder}`, { code, message });
    },
    move(given) {
      const move = gatewayMove.parse(given);
      moves.set(move.vendor, move);
    },
    giveUploadUrls(form) {
      uploadUrls = form;
    },
    heal() {
      faults.clear();
      refusals.clear();
      moves.clear();
      for (const hold of [...holds]) hold.release();
    },
    async serve(request, response) {
      if (iot.owns(request)) return iot.serve(request, response);
      const requestId = randomBytes(6).toString("hex");
      let parameters: Parameters = new Map();
      let as = XML;
      let reply: Reply;
      try {
        parameters = await readParameters(request);
        as = readFormat(parameters);
        reply = await answer(parameters, as, requestId);
      } catch (error) {
        if (!(error instanceof TopError)) throw error;
        // Errors have HTTP status 200, too (PROTOCOLS, section 1.4).
        reply = { outcome: String(error.code), body: writeError(error, requestId, as) };
      }
      log.add(callOf(parameters, reply.outcome));
      send(response, reply, as, options.now());
    },
  };
}

interface Reply {
  outcome: string;
  status?: number;
  /** Undefined: the connection is cut. */
  body?: string;
}

const BAD_GATEWAY =
  "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>";

function send(response: ServerResponse, reply: Reply, as: TopFormat, now: number): void {
  const { status = 200, body } = reply;
  if (body === undefined) {
    response.destroy();
    return;
  }
  const text = as.format === "json" ? "application/json;charset=UTF-8" : "text/xml;charset=UTF-8";
  response.sendDate = false;
  response.writeHead(status, {
    "content-type": status === 200 ? text : "text/html",
    "content-length": Buffer.byteLength(body),
    date: httpDate(now),
  });
  response.end(body);
}

function vendorOf(parameters: Parameters): TopVendorName | undefined {
  const method = parameters.get("method");
  return topVendorNames.find((name) => topVendors[name].method === method);
}

function callOf(parameters: Parameters, outcome: string): GatewayCall {
  const { sign, session, ...rest } = Object.fromEntries(parameters);
  return {
    vendor: vendorOf(parameters),
    method: parameters.get("method") ?? "",
    parameters: rest,
    outcome,
    at: Date.now(),
  };
}
