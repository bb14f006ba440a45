import type { ErrorCode } from "@exhibit/contracts";
import type { Bandwidth, Imports, VendorControl } from "@exhibit/ingest";
import type {
  ContextConfigDefault,
  FastifySchema,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { ProgressFeed } from "../progress/progress-feed.ts";

/** What the process that the API runs in says of its two neighbours: `up`, or a sentence about what is wrong. */
export interface Readiness {
  readonly ledger: string;
  readonly queue: string;
  /** What kind of fault it is, where something is wrong. @defaultValue SERVICE_UNREACHABLE */
  readonly code?: ErrorCode;
  /** Workers that live; absent where nobody can say. */
  readonly workers?: number;
}

/** What actions work with. */
export interface ActionContext {
  readonly trial: boolean;
  readonly imports: Imports;
  readonly bandwidth: Bandwidth;
  readonly progress: ProgressFeed;
  readonly ready: () => Promise<Readiness>;
  readonly vendors: VendorControl;
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

/** One HTTP action: what it takes and answers (zod, and so the OpenAPI document too), and what it does. */
export interface Action {
  readonly schema: FastifySchema;
  readonly handler: (context: ActionContext) => RouteHandlerMethod;
}

/** Ties the handler's types to the schema, then forgets them, so that all actions fit into one table. */
export function action<const Schema extends FastifySchema>(
  schema: Schema,
  handler: (context: ActionContext) => TypedHandler<Schema>,
): Action {
  return { schema, handler: handler as unknown as Action["handler"] };
}
