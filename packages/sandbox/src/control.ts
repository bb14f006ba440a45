import type { IncomingMessage, ServerResponse } from "node:http";
import { createHostCheck } from "@exhibit/contracts/host-check";
import { z } from "zod";
import type { Clocks } from "./clocks.ts";
import type { Hold } from "./faults/hold.ts";
import type { GatewayControl } from "./gateway/gateway.ts";
import { gatewayFault } from "./gateway/gateway-fault.ts";
import { gatewayMove } from "./gateway/gateway-move.ts";
import { vendorNames } from "./gateway/vendors/index.ts";
import { uploadUrlForms } from "./gateway/vendors/vendor.ts";
import type { Serve } from "./http/loopback-server.ts";
import { readText } from "./http/read-text.ts";
import { matchesRequest, ossFault, ossMatch } from "./oss/faults/oss-fault.ts";
import { ossLimits } from "./oss/faults/throttle.ts";
import type { OssControl } from "./oss/oss.ts";
import type { UploadSummary } from "./oss/storage/open-uploads.ts";
import type { TokenIssuer } from "./tokens/token-issuer.ts";

// The control surface for other processes, on the gateway's port. Requests and responses are JSON.
//   GET    /sandbox                    the counters of both servers, and the number of objects
//   GET    /sandbox/gateway/requests   the latest calls
//   GET    /sandbox/oss/requests       the latest requests
//   POST   /sandbox/oss/requests/since {position}: the requests after it, the next position, how many were missed
//   GET    /sandbox/oss/uploads        the open multipart uploads
//   POST   /sandbox/gateway/faults     {vendor?, mood, times?, …}: see gateway-fault.ts
//   POST   /sandbox/gateway/refusals   {vendor, folder, code, message}
//   POST   /sandbox/gateway/moves      {vendor, bucket?, prefix?, endpoint?}: see gateway-move.ts
//   POST   /sandbox/gateway/upload-urls  {form}: what industry returns as uploadUrl: bucket, signed-v4, signed-v1
//   POST   /sandbox/oss/faults         {match?, times?, status?, code?, …}: see oss/faults/oss-fault.ts
//   POST   /sandbox/oss/throttle       {concurrent?, perSecond?}: requests beyond it get a 503
//   POST   /sandbox/oss/wait           {match?, status?, count?, seconds?}: responds once such a request was seen, or with 408
//   POST   /sandbox/oss/pace           {milliseconds}: delays every request by so much
//   POST   /sandbox/oss/hold           {match?, at?}: holds matching requests; the response has the hold's number
//   POST   /sandbox/oss/held           {hold, count?, seconds?}: responds once so many were held, or with 408
//   POST   /sandbox/oss/release        {hold}
//   POST   /sandbox/heal               {only?}: removes all faults, holds, refusals and moves, or those of `gateway` or `oss`
//   GET    /sandbox/tokens             all remembered tokens with their secrets, for tests that look for leaks
//   POST   /sandbox/tokens             {expire?, seconds?, actions?}
//   POST   /sandbox/clocks             {gateway?, oss?}: milliseconds ahead
//   POST   /sandbox/logs/clear

export interface ControlOptions {
  /** The address that the gateway listens on. */
  host: string;
  gateway: GatewayControl;
  oss: OssControl;
  tokens: TokenIssuer;
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
const seconds = z.number().positive().max(300).default(30);
const waitOrder = z.strictObject({
  match: ossMatch.default({}),
  status: z.int().optional(),
  count: z.int().positive().default(1),
  seconds,
});
const sinceOrder = z.strictObject({ position: z.int().nonnegative() });
const paceOrder = z.strictObject({ milliseconds: z.number().nonnegative() });
const holdOrder = z.strictObject({
  match: ossMatch.default({}),
  at: z.enum(["before", "after"]).default("before"),
});
const heldOrder = z.strictObject({
  hold: z.int().nonnegative(),
  count: z.int().positive().default(1),
  seconds,
});
const releaseOrder = z.strictObject({ hold: z.int().nonnegative() });
const healOrder = z.strictObject({ only: z.enum(["gateway", "oss"]).optional() });

export function createControl(options: ControlOptions): { servingBeside(serve: Serve): Serve } {
  const actions = actionsOf(options);
  const isOurHost = createHostCheck({ listensOn: options.host });
  return {
    /** Serves `/sandbox…` itself and passes everything else to `serve`. */
    servingBeside: (serve) => async (request, response) => {
      const path = (request.url ?? "").replace(/\?.*$/su, "");
      if (!/^\/sandbox(?:\/|$)/u.test(path)) return await serve(request, response);
      // DNS rebinding: a page whose host name resolves to this address has the same origin and could read the tokens.
      if (!isOurHost(request.headers.host ?? "")) {
        return reply(response, 421, { error: "The sandbox has no such name." });
      }
      await run(actions.get(`${request.method} ${path}`), request, response);
    },
  };
}

function actionsOf(options: ControlOptions) {
  const { gateway, oss, tokens, clocks, objectCount, openUploads } = options;
  return new Map<string, Action>([
    [
      "GET /sandbox",
      () => ({ gateway: gateway.log.counts(), oss: oss.log.counts(), objects: objectCount() }),
    ],
    ["GET /sandbox/gateway/requests", () => gateway.log.entries()],
    ["GET /sandbox/oss/requests", () => oss.log.entries()],
    ["POST /sandbox/oss/requests/since", (body) => oss.log.since(sinceOrder.parse(body).position)],
    ["GET /sandbox/oss/uploads", () => openUploads()],
    ["GET /sandbox/tokens", () => tokens.issued().map(({ allows, ...key }) => key)],
    ["POST /sandbox/gateway/faults", (body) => void gateway.fail(gatewayFault.parse(body))],
    ["POST /sandbox/gateway/refusals", (body) => gateway.refuse(refusal.parse(body))],
    ["POST /sandbox/gateway/moves", (body) => gateway.move(gatewayMove.parse(body))],
    [
      "POST /sandbox/gateway/upload-urls",
      (body) => gateway.giveUploadUrls(uploadUrlOrder.parse(body).form),
    ],
    ["POST /sandbox/oss/faults", (body) => void oss.fail(ossFault.parse(body))],
    ["POST /sandbox/oss/throttle", (body) => oss.throttle(ossLimits.parse(body))],
    ["POST /sandbox/oss/wait", (body) => waitForRequest(oss, waitOrder.parse(body))],
    ["POST /sandbox/oss/pace", (body) => oss.pace(paceOrder.parse(body).milliseconds)],
    ...holdActions(oss),
    ["POST /sandbox/tokens", (body) => orderTokens(tokens, tokenOrder.parse(body))],
    ["POST /sandbox/clocks", (body) => clocks.skew(skew.parse(body))],
    [
      "POST /sandbox/heal",
      (body) => {
        const { only } = healOrder.parse(body);
        if (only !== "oss") gateway.heal();
        if (only !== "gateway") oss.heal();
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

/** Holds are numbered, because another process can't have the object itself. */
function holdActions(oss: OssControl): [string, Action][] {
  const holds: Hold[] = [];
  const holdOf = (number: number) => {
    const hold = holds[number];
    if (hold === undefined) throw new RangeError(`There is no hold ${number}.`);
    return hold;
  };
  return [
    [
      "POST /sandbox/oss/hold",
      (body) => {
        const { match, at } = holdOrder.parse(body);
        return { hold: holds.push(oss.hold(match, { at })) - 1 };
      },
    ],
    [
      "POST /sandbox/oss/held",
      async (body) => {
        const { hold, count, seconds } = heldOrder.parse(body);
        await inTime(holdOf(hold).reached(count), seconds);
      },
    ],
    ["POST /sandbox/oss/release", (body) => holdOf(releaseOrder.parse(body).hold).release()],
  ];
}

function inTime<T>(work: Promise<T>, seconds: number): Promise<T> {
  const late = AbortSignal.timeout(seconds * 1000);
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      late.addEventListener("abort", () => reject(late.reason));
    }),
  ]);
}

function orderTokens(tokens: TokenIssuer, order: z.output<typeof tokenOrder>): void {
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

/** A browser can't send JSON to another site without a preflight, so no web page can give orders here. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  if (request.method === "GET") return undefined;
  if (!/^application\/json\b/u.test(request.headers["content-type"] ?? "")) {
    throw new TypeError("The body must be application/json.");
  }
  const text = await readText(request, () => new RangeError("The body is too large."));
  return JSON.parse(text || "{}");
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(text);
}
