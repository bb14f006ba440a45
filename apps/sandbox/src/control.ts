import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { Clocks } from "./clock.ts";
import type { GatewayControl } from "./gateway/gateway.ts";
import { gatewayFault } from "./gateway/gateway-fault.ts";
import { readBody } from "./gateway/read-parameters.ts";
import { uploadUrlForms } from "./gateway/vendor.ts";
import { vendorNames } from "./gateway/vendors/index.ts";
import type { Serve } from "./loopback-server.ts";
import type { UploadSummary } from "./oss/open-uploads.ts";
import type { OssControl } from "./oss/oss.ts";
import { matchesRequest, ossFault, ossMatch } from "./oss/oss-fault.ts";
import { ossLimits } from "./oss/throttle.ts";
import type { TokenOffice } from "./tokens.ts";

// The control surface for other processes, on the gateway's port. Bodies and answers are JSON.
//   GET    /sandbox                    counters of both sides, number of objects
//   GET    /sandbox/gateway/requests   the latest calls
//   GET    /sandbox/oss/requests       the latest requests
//   GET    /sandbox/oss/uploads        the multipart uploads that are open
//   POST   /sandbox/gateway/faults     {vendor?, mood, times?, …}: see gateway-fault.ts
//   POST   /sandbox/gateway/refusals   {vendor, folder, code, message}
//   POST   /sandbox/gateway/upload-urls  {form}: what industry gives as uploadUrl: bucket, signed-v4, signed-v1
//   POST   /sandbox/oss/faults         {match?, times?, status?, code?, …}: see oss-fault.ts
//   POST   /sandbox/oss/throttle       {concurrent?, perSecond?}: beyond it requests are answered with 503
//   POST   /sandbox/oss/wait           {match?, status?, count?, seconds?}: answers when such a request was seen, else 408
//   POST   /sandbox/heal               takes all faults and refusals away
//   POST   /sandbox/tokens             {expire?, seconds?, actions?}
//   POST   /sandbox/clocks             {gateway?, oss?}: milliseconds ahead
//   POST   /sandbox/logs/clear

export interface ControlOptions {
  gateway: GatewayControl;
  oss: OssControl;
  tokens: TokenOffice;
  clocks: Clocks;
  objectCount: () => number;
  openUploads: () => UploadSummary[];
}

type Action = (body: unknown) => unknown;

const refusal = z.strictObject({
  vendor: z.enum(vendorNames),
  folder: z.string().min(1),
  code: z.string().min(1),
  message: z.string(),
});
const uploadUrlOrder = z.strictObject({ form: z.enum(uploadUrlForms) });
const tokenOrder = z.strictObject({
  expire: z.boolean().default(false),
  seconds: z.number().positive().optional(),
  actions: z.array(z.string()).optional(),
});
const skew = z.strictObject({ gateway: z.number().default(0), oss: z.number().default(0) });
const waitOrder = z.strictObject({
  match: ossMatch.default({}),
  status: z.int().optional(),
  count: z.int().positive().default(1),
  seconds: z.number().positive().max(300).default(30),
});

export function createControl(options: ControlOptions): { servingBeside(serve: Serve): Serve } {
  const actions = actionsOf(options);
  return {
    /** Serves `/sandbox…` itself and leaves all else to `serve`. */
    servingBeside: (serve) => (request, response) => {
      const path = (request.url ?? "").replace(/\?.*$/su, "");
      if (!/^\/sandbox(?:\/|$)/u.test(path)) return serve(request, response);
      return run(actions.get(`${request.method} ${path}`), request, response);
    },
  };
}

function actionsOf({ gateway, oss, tokens, clocks, objectCount, openUploads }: ControlOptions) {
  return new Map<string, Action>([
    [
      "GET /sandbox",
      () => ({ gateway: gateway.log.counts(), oss: oss.log.counts(), objects: objectCount() }),
    ],
    ["GET /sandbox/gateway/requests", () => gateway.log.entries()],
    ["GET /sandbox/oss/requests", () => oss.log.entries()],
    ["GET /sandbox/oss/uploads", () => openUploads()],
    ["POST /sandbox/gateway/faults", (body) => void gateway.fail(gatewayFault.parse(body))],
    ["POST /sandbox/gateway/refusals", (body) => gateway.refuse(refusal.parse(body))],
    [
      "POST /sandbox/gateway/upload-urls",
      (body) => gateway.giveUploadUrls(uploadUrlOrder.parse(body).form),
    ],
    ["POST /sandbox/oss/faults", (body) => void oss.fail(ossFault.parse(body))],
    ["POST /sandbox/oss/throttle", (body) => oss.throttle(ossLimits.parse(body))],
    ["POST /sandbox/oss/wait", (body) => waitForRequest(oss, waitOrder.parse(body))],
    ["POST /sandbox/tokens", (body) => orderTokens(tokens, tokenOrder.parse(body))],
    ["POST /sandbox/clocks", (body) => clocks.skew(skew.parse(body))],
    [
      "POST /sandbox/heal",
      () => {
        gateway.heal();
        oss.heal();
      },
    ],
    [
      "POST /sandbox/logs/clear",
      () => {
        gateway.log.clear();
        oss.log.clear();
      },
    ],
  ]);
}

function orderTokens(tokens: TokenOffice, order: z.output<typeof tokenOrder>): void {
  if (order.expire) tokens.expireAll();
  if (order.seconds !== undefined) tokens.setLifetime(order.seconds);
  if (order.actions !== undefined) tokens.setActions(order.actions);
}

function waitForRequest(oss: OssControl, order: z.output<typeof waitOrder>): Promise<unknown> {
  return oss.log.waitFor(
    (entry) =>
      matchesRequest(order.match, entry) &&
      (order.status === undefined || order.status === entry.status),
    { count: order.count, signal: AbortSignal.timeout(order.seconds * 1000) },
  );
}

async function run(
  action: Action | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (action === undefined) return reply(response, 404, { error: "There is no such action." });
    reply(response, 200, (await action(await readJson(request))) ?? { done: true });
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    reply(response, isTimeout ? 408 : 400, { error: String(error) });
  }
}

/** A browser can't send JSON to another site unasked, so no web page can give orders here. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  if (request.method === "GET") return undefined;
  if (!/^application\/json\b/u.test(request.headers["content-type"] ?? "")) {
    throw new TypeError("The body must be application/json.");
  }
  return JSON.parse((await readBody(request)) || "{}");
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(text);
}
