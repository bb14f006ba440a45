import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { httpDate } from "../http/http-date.ts";
import { readText } from "../http/read-text.ts";
import type { GatewayCall } from "./gateway-call.ts";
import { applyFault, type GatewayFault } from "./gateway-fault.ts";
import { createIotChecks, type IotRequest } from "./iot/iot-checks.ts";
import { failedInBackend, IotError, refusedByGateway } from "./iot/iot-error.ts";
import { iotRefusal } from "./iot/iot-fault.ts";
import { type IotVendorName, iotVendorNames, iotVendors } from "./vendors/index.ts";
import type { VendorContext } from "./vendors/vendor.ts";

/** The path of the IoT gateway on the gateway's port. */
export const IOT_PATH = "/iot";

export interface IotGatewayOptions {
  now: () => number;
  /** Returns the fault that was ordered for a call of this vendor, if any. */
  takeFault(vendor: IotVendorName | undefined): Promise<GatewayFault | undefined>;
  contextOf(vendor: IotVendorName): VendorContext;
  note(call: GatewayCall): void;
  /** Is aborted when the sandbox closes, and ends pauses. */
  signal: AbortSignal;
}

export interface IotGateway {
  /** Returns whether a request is for this gateway. */
  owns(request: IncomingMessage): boolean;
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

interface Envelope {
  id: string;
  params: Record<string, unknown>;
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A stand-in for the IoT gateway of Alibaba Cloud (PROTOCOLS, section 2). */
export function createIotGateway(options: IotGatewayOptions): IotGateway {
  const check = createIotChecks(options.now);

  function answer(request: IotRequest, name: IotVendorName | undefined): [Envelope, unknown] {
    if (request.method !== "POST") throw refusedByGateway(400, "I400HD", "Invalid Request Method");
    check(request);
    const envelope = readEnvelope(request.body);
    if (name === undefined) throw failedInBackend(20003, "Find Backend Error");
    const vendor = iotVendors[name];
    if (apiVersionOf(request.body) !== vendor.apiVersion) {
      throw failedInBackend(20003, "Find Backend Error");
    }
    return [envelope, vendor.answer(envelope.params, options.contextOf(name))];
  }

  async function outcomeOf(request: IotRequest, name: IotVendorName | undefined) {
    const fault = await options.takeFault(name);
    const effect = await applyFault(fault, iotRefusal, options.signal);
    if (effect === "reset") return { outcome: effect, reply: undefined };
    if (effect === "down") return { outcome: effect, reply: BAD_GATEWAY };
    const [{ id }, data] = answer(request, name);
    const body = JSON.stringify({ id, code: 200, message: null, localizedMsg: null, data });
    const reply = { status: 200, headers: {}, body };
    if (effect === "none") return { outcome: "ok", reply };
    return { outcome: effect, reply: { ...reply, body: body.slice(0, body.length / 2) } };
  }

  return {
    owns: ({ url = "" }) => url === IOT_PATH || url.startsWith(`${IOT_PATH}/`),
    async serve(message, response) {
      const { method = "", url: path = "", headers } = message;
      const body = await readText(message, () => new RangeError("The body is too large."));
      const request: IotRequest = { method, path, headers, body };
      const name = iotVendorNames.find((each) => path === `${IOT_PATH}${iotVendors[each].path}`);
      const { outcome, reply } = await outcomeOf(request, name).catch((error: unknown) => {
        if (!(error instanceof IotError)) throw error;
        return { outcome: String(error.code), reply: errorReply(error) };
      });
      options.note({
        vendor: name,
        method: path.slice(IOT_PATH.length),
        parameters: parametersOf(request.body),
        outcome,
        at: Date.now(),
      });
      send(response, reply, options.now());
    },
  };
}

const BAD_GATEWAY: Reply = {
  status: 502,
  headers: { "content-type": "text/html" },
  body: "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>",
};

function readEnvelope(body: string): Envelope {
  const { id, version, request, params } = objectOf(body);
  const isEnvelope = typeof id === "string" && id !== "" && version === "1.0";
  if (!isEnvelope || !isObject(request) || !isObject(params)) {
    throw refusedByGateway(400, "I400BD", "Request Format Error");
  }
  return { id, params };
}

function apiVersionOf(body: string): unknown {
  const { request } = objectOf(body);
  return isObject(request) ? request.apiVer : undefined;
}

/** Parses JSON. A vendor's `id` is a Long: whole numbers of that name become a bigint, with every digit. */
function objectOf(body: string): Record<string, unknown> {
  type Reviver = (name: string, value: unknown, context?: { source?: string }) => unknown;
  const revive: Reviver = (name, value, context) =>
    name === "id" && typeof value === "number" && /^\d+$/u.test(context?.source ?? "")
      ? BigInt(context?.source ?? "")
      : value;
  try {
    const value: unknown = JSON.parse(body, revive);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parametersOf(body: string): Record<string, string> {
  const { params } = objectOf(body);
  const entries = isObject(params) ? Object.entries(params) : [];
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function errorReply(error: IotError): Reply {
  const { status, code, message, errorCode, retryAfter } = error;
  const headers: Record<string, string> = {
    ...(errorCode !== undefined && {
      "x-ca-error-code": errorCode,
      "x-ca-error-message": encodeHeader(message),
    }),
    ...(retryAfter !== undefined && { "retry-after": String(Math.ceil(retryAfter)) }),
  };
  // The gateway's own refusals have no body.
  const body = {
    id: randomBytes(16).toString("hex"),
    code,
    message,
    localizedMsg: null,
  };
  return { status, headers, body: status === 200 ? JSON.stringify(body) : "" };
}

/** Replaces what a header can't hold: it is ASCII only. */
function encodeHeader(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, "?");
}

function send(response: ServerResponse, reply: Reply | undefined, now: number): void {
  if (reply === undefined) {
    response.destroy();
    return;
  }
  response.sendDate = false;
  response.writeHead(reply.status, {
    "content-type": "application/json;charset=utf-8",
    ...reply.headers,
    "content-length": Buffer.byteLength(reply.body),
    "x-ca-request-id": randomBytes(16).toString("hex"),
    date: httpDate(now),
  });
  response.end(reply.body);
}
