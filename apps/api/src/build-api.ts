import { randomUUID } from "node:crypto";
import { everything } from "@exhibit/contracts";
import type {
  Access,
  AccessList,
  AuditLog,
  Bandwidth,
  Cases,
  Fleet,
  Folders,
  Imports,
  JobLabels,
  KeptAnswers,
  Keys,
  ReadRecord,
  Scoped,
  Seals,
  VendorControl,
  WebhookOwner,
  Webhooks,
} from "@exhibit/ingest";
import type { Readiness } from "@exhibit/runtime";
import type { Logger } from "@exhibit/telemetry";
import type { Queue } from "bullmq";
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { serializerCompiler } from "fastify-type-provider-zod";
import { type AccessOptions, guardAccess } from "./access/access-guard.ts";
import { AccessLines } from "./access/access-lines.ts";
import { createDoor } from "./access/door.ts";
import { createIdentify } from "./access/identify.ts";
import { principalOf } from "./access/principal.ts";
import { limitRates, type RateLimits } from "./access/rate-limits.ts";
import { createSecurityLog, logRefusals } from "./access/security-log.ts";
import type { ActionContext } from "./action/action.ts";
import { actorOf } from "./action/actor.ts";
import type { RecordBoardAct } from "./board/board-record.ts";
import { addBullBoard } from "./board/bull-board.ts";
import { BODY_LIMIT } from "./http/body-sizes.ts";
import { type BodyTimes, limitBodyTimes } from "./http/body-times.ts";
import { answerClientError } from "./http/client-errors.ts";
import { type ClosingTimes, endConnections } from "./http/closing.ts";
import { sendError, sendErrorsUniformly } from "./http/error-responses.ts";
import { acceptJsonOnly } from "./http/json-bodies.ts";
import { type OverloadLimits, shedLoad } from "./http/overload.ts";
import { refuseUnkeepableNames } from "./http/path-names.ts";
import { securityHeadersAt, setHeaders } from "./http/security-headers.ts";
import { traceRequests } from "./http/tracing.ts";
import { validator } from "./http/validator.ts";
import { addDocs } from "./pages/docs.ts";
import { addFavicon } from "./pages/favicon.ts";
import { addLogin, type LoginOptions } from "./pages/login/login.ts";
import { addStartStyle } from "./pages/start-style.ts";
import { createFleetFeed } from "./progress/fleet/fleet-feed.ts";
import { createProgressFeed } from "./progress/progress-feed.ts";
import { createStreamCount, type StreamLimits } from "./progress/stream-count.ts";
import { addRoutes, methodsAt } from "./routes.ts";

/**
 * Connections at once; each has a descriptor, of which a process has 65,536 at most where it can. As
 * many may wait to be taken (`backlog`; Linux has a limit of its own, 4,096): of a thousand browsers
 * that come back together, Node's 511 would lose some, whose requests then end in a reset.
 */
export const MAX_CONNECTIONS = 5_000;

/**
 * Milliseconds that a connection may rest between two requests: longer than the minute of usual
 * proxies, so that it is the proxy that closes it and never finds it closed when it sends a request.
 */
const KEEP_ALIVE = 72_000;

/** Characters of one part of a path. An id has up to 200, each of up to two UTF-16 units. */
const MAX_PARAMETER_LENGTH = 400;

export interface ApiOptions {
  /** Whether the imports are stored in a sandbox. */
  readonly trial: boolean;
  readonly imports: Scoped<Imports>;
  readonly folders: Scoped<Folders>;
  readonly cases: Scoped<Cases>;
  readonly seals: Scoped<Seals>;
  readonly bandwidth: Scoped<Bandwidth>;
  readonly fleet: Scoped<Fleet>;
  /** The keys of the API. */
  readonly keys: Keys;
  /** Puts on record that somebody reads a list of evidence. */
  readonly recordRead: ReadRecord;
  /** What people did to anything. */
  readonly audit: AuditLog;
  /** The answers to requests that came with an Idempotency-Key. */
  readonly answers: KeptAnswers;
  /** The queues that Bull Board shows. */
  readonly queues: readonly Queue[];
  /** Titles for the jobs in Bull Board. */
  readonly labels: JobLabels;
  /** Answers /readyz. It may throw or hang: both mean that a service is down. */
  readonly ready: () => Promise<Readiness>;
  readonly vendors: Scoped<VendorControl>;
  /** Returns the webhooks of whoever asks. */
  readonly webhooks: (owner: WebhookOwner) => Webhooks;
  /** Tells who sends a request. */
  readonly authenticate: Access["authenticate"];
  /** The sessions of browsers. */
  readonly sessions: LoginOptions["sessions"] & ActionContext["sessions"];
  /** Who has access. */
  readonly accessList: AccessList;
  /** The login of people by an identity provider, which needs `access.publicUrl`. */
  readonly people?: LoginOptions["people"];
  /** Records what a person does in Bull Board, before it is done. */
  readonly recordBoardAct: RecordBoardAct;
  readonly logger: Logger;
  /** The names by which the API may be called. @defaultValue those of the loopback */
  readonly access?: AccessOptions;
  /** How many requests each principal may send. @defaultValue no limits */
  readonly rates?: RateLimits;
  /** When requests are refused because there is too much to do. @defaultValue never */
  readonly overload?: OverloadLimits;
  /** How long a request's body may take. */
  readonly bodyTimes?: BodyTimes;
  /** How its connections end. */
  readonly closing?: ClosingTimes;
  /** How many event streams may be open, and how long one may stall. */
  readonly streams?: StreamLimits;
  /**
   * Times of the event streams, in milliseconds; `life` is that of the stream of everything.
   * @defaultValue 500, or 1000 for everything; 15000; 60000
   */
  readonly progress?: {
    readonly interval?: number;
    readonly heartbeat?: number;
    readonly life?: number;
  };
}

/** Builds the HTTP API. The caller makes it listen, and closes it, which ends the event streams. */
export async function buildApi(options: ApiOptions): Promise<FastifyInstance> {
  const {
    trial,
    imports,
    folders,
    cases,
    seals,
    bandwidth,
    fleet,
    keys,
    queues,
    labels,
    ready,
    vendors,
    logger,
  } = options;
  const access = options.access ?? { listensOn: "localhost" };
  const headers = securityHeadersAt(access.publicUrl);
  const app: FastifyInstance = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    bodyLimit: BODY_LIMIT,
    // A proxy on the same machine says for whom it asks; nobody else is believed about that.
    trustProxy: "loopback",
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    keepAliveTimeout: KEEP_ALIVE,
    clientErrorHandler: answerClientError,
    genReqId: () => randomUUID(),
    logController: new AccessLines(),
    frameworkErrors: (error, request, reply) => {
      setHeaders(reply, headers);
      sendError(error, request, reply);
    },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  endConnections(app, options.closing);
  app.setValidatorCompiler(validator);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook("onRequest", async (request, reply) => {
    setHeaders(reply, headers);
    reply.header("x-request-id", request.id);
  });
  acceptJsonOnly(app);
  refuseUnkeepableNames(app);
  limitBodyTimes(app, options.bodyTimes);
  guardAccess(app, access);
  if (options.overload !== undefined) shedLoad(app, options.overload);
  traceRequests(app);
  const security = createSecurityLog(app.log);
  logRefusals(app, security);
  const door = createDoor(createIdentify(options, access));
  app.addHook("onRequest", door.ask);
  await limitRates(app, options.rates ?? {});
  app.addHook("onRequest", door.decide);
  sendErrorsUniformly(app, methodsAt);

  // One reader for all who follow an import: each of them was let in by a scope that has it.
  const forAll = { imports: imports.within(everything), bandwidth: bandwidth.within(everything) };
  const progress = createProgressFeed({
    read: (id) => forAll.imports.get(id),
    onFault: (err) => logger.warn({ err }, "an import couldn't be read and is read again"),
    ...options.progress,
  });
  const changes = createFleetFeed({
    fleet,
    vendors,
    onFault: (err) => logger.warn({ err }, "what has changed couldn't be read and is read again"),
    ...options.progress,
  });
  app.addHook("preClose", async () => {
    progress.close();
    changes.close();
  });

  await addDocs(app, trial);
  addFavicon(app);
  addStartStyle(app);
  const { sessions, people } = options;
  addLogin(app, { sessions, people, address: access, security });
  addRoutes(app, {
    trial,
    keys,
    sessions,
    accessList: options.accessList,
    progress,
    changes,
    streams: createStreamCount(options.streams),
    ready,
    importsOf: (request) => imports.within(principalOf(request).scope),
    foldersOf: (request) => folders.within(principalOf(request).scope),
    casesOf: (request) => cases.within(principalOf(request).scope),
    sealsOf: (request) => seals.within(principalOf(request).scope),
    vendorsOf: (request) => vendors.within(principalOf(request).scope),
    bandwidthOf: (request) => bandwidth.within(principalOf(request).scope),
    audit: options.audit,
    recordRead: options.recordRead,
    webhooksOf: (request) =>
      options.webhooks({ principal: principalOf(request), who: actorOf(request) }),
    fleetOf: (request) => fleet.within(principalOf(request).scope),
    answers: options.answers,
  });
  const workers = async () => (await forAll.bandwidth.get()).workers;
  await addBullBoard(app, {
    trial,
    queues,
    labels,
    workers,
    record: options.recordBoardAct,
    recordRead: options.recordRead,
  });
  return app;
}
