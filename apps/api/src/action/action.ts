import type { EvidenceList } from "@exhibit/contracts";
import type {
  AccessList,
  AuditLog,
  Bandwidth,
  CarriedOut,
  Cases,
  Fleet,
  Folders,
  Imports,
  KeptAnswers,
  Keys,
  ReadRecord,
  Seals,
  Sessions,
  VendorControl,
  Webhooks,
} from "@exhibit/ingest";
import type { Readiness } from "@exhibit/runtime";
import type {
  ContextConfigDefault,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { May } from "../access/may.ts";
import type { FleetFeed } from "../progress/fleet/fleet-feed.ts";
import type { ProgressFeed } from "../progress/progress-feed.ts";
import type { StreamCount } from "../progress/stream-count.ts";

/** What actions work with. */
export interface ActionContext {
  readonly trial: boolean;
  readonly may: May;
  readonly keys: Keys;
  readonly sessions: Pick<Sessions, "list" | "revoke">;
  /** Who has access. */
  readonly accessList: AccessList;
  /** Puts on record that somebody reads a list of evidence. */
  readonly recordRead: ReadRecord;
  /** What people did to anything; for routes that are `unscoped`. */
  readonly audit: AuditLog;
  /** The answers to requests that came with an Idempotency-Key. */
  readonly answers: KeptAnswers;
  readonly progress: ProgressFeed;
  readonly changes: FleetFeed;
  readonly streams: StreamCount;
  readonly ready: () => Promise<Readiness>;
  /**
   * Return what a request may work with: as far as the scope of whoever sends it reaches. There is
   * no other way to it.
   */
  importsOf(request: FastifyRequest): Imports;
  foldersOf(request: FastifyRequest): Folders;
  casesOf(request: FastifyRequest): Cases;
  sealsOf(request: FastifyRequest): Seals;
  vendorsOf(request: FastifyRequest): VendorControl;
  bandwidthOf(request: FastifyRequest): Bandwidth;
  webhooksOf(request: FastifyRequest): Webhooks;
  fleetOf(request: FastifyRequest): Fleet;
}

type TypedHandler<Schema extends FastifySchema> = RouteHandlerMethod<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  RouteGenericInterface,
  ContextConfigDefault,
  Schema,
  ZodTypeProvider
>;

/** How an action differs from others as a route. */
export interface RouteTraits {
  /** Whether a GET route also answers HEAD. @defaultValue true */
  readonly head?: false;
  /** Whether its bodies may be large: a few at once, up to 8 MiB each. @defaultValue false */
  readonly largeBodies?: true;
  /** The least level at which its requests are logged. @defaultValue that of the logger */
  readonly logLevel?: "warn";
  /** Whether an open route tells more to those who say who they are. */
  readonly knows?: true;
  /** Whether it is for those alone whose scope has no limit. */
  readonly unscoped?: true;
  /** Whether it makes keys, which not everybody may who has the role. */
  readonly makesKeys?: true;
  /** The list of evidence that a route shows when it answers with 200: who reads it is put on record. */
  readonly evidence?: EvidenceList;
  /** Whether it is a read that clients repeat, so that they can ask whether anything has changed. @defaultValue false */
  readonly isPolled?: true;
  /**
   * Whether the answer holds a secret, so that it can't be kept for a repetition; nor is it compressed,
   * because its length would then tell of the secret. @defaultValue false
   */
  readonly isSecret?: true;
  /**
   * Answers a request that was carried out before, when the answer itself was lost together with the
   * process. @defaultValue the import that it changed, as it is now
   */
  readonly again?: (context: ActionContext) => Again;
}

export type Again = (
  request: FastifyRequest,
  reply: FastifyReply,
  before: CarriedOut,
) => Promise<unknown>;

/** One HTTP action: its zod schemas, from which the OpenAPI document is made, and its handler. */
export interface Action extends RouteTraits {
  readonly schema: FastifySchema;
  readonly handler: (context: ActionContext) => RouteHandlerMethod;
}

/**
 * Ties the handler's types to the schema, then forgets them, so that all actions fit into one
 * table.
 */
export function action<const Schema extends FastifySchema>(
  schema: Schema,
  handler: (context: ActionContext) => TypedHandler<Schema>,
  traits: RouteTraits = {},
): Action {
  return { schema, handler: handler as unknown as Action["handler"], ...traits };
}
