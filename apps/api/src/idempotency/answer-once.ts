import { ExhibitError } from "@exhibit/contracts";
import { type Answer, inFlight, type KeptAnswers, type KeyedRequest } from "@exhibit/ingest";
import type {
  FastifyReply,
  FastifyRequest,
  onSendAsyncHookHandler,
  preHandlerAsyncHookHandler,
  RouteHandlerMethod,
} from "fastify";
import type { Again } from "../action/action.ts";
import { HEADER, keyedRequestOf } from "./idempotency-key.ts";

export interface Once {
  readonly handler: RouteHandlerMethod;
  readonly preHandler: preHandlerAsyncHookHandler;
  readonly onSend: onSendAsyncHookHandler;
}

export interface OnceOptions {
  readonly handler: RouteHandlerMethod;
  /** The status of its answer when it succeeds. */
  readonly success: number;
  /** Whether its answer holds a secret: then it takes no key. */
  readonly isSecret: boolean;
  /** Makes an answer when the first one was lost. */
  readonly again: Again;
}

const REPLAYED = "idempotency-replayed";

/** The headers that belong to an answer. */
const KEPT_HEADERS = ["content-type", "location"] as const;

/**
 * Makes routes carry out a request once for each Idempotency-Key, however often it is sent, and answer
 * each repetition as the first one. The ledger records the key in the transaction of the act, so that
 * this also holds for a process that is killed in between, and for several of them.
 */
export function createAnswerOnce(answers: KeptAnswers): (options: OnceOptions) => Once {
  /** The keyed requests that this process is carrying out, by principal and key. */
  const running = new Map<string, KeyedRequest>();
  const requests = new WeakMap<FastifyRequest, KeyedRequest>();

  /** Returns what is known of an earlier request with the key. Otherwise this one begins. */
  async function beforeOf(request: FastifyRequest, keyed: KeyedRequest) {
    const other = running.get(nameOf(keyed));
    if (other !== undefined) throw alreadyRunning(keyed, other);
    running.set(nameOf(keyed), keyed);
    const before = await answers.find(keyed).catch((thrown: unknown) => {
      running.delete(nameOf(keyed));
      throw thrown;
    });
    if (before === undefined) requests.set(request, keyed);
    else running.delete(nameOf(keyed));
    return before;
  }

  return ({ handler, success, isSecret, again }) => ({
    async preHandler(request, reply) {
      const keyed = keyedRequestOf(request);
      if (keyed === undefined) return;
      if (isSecret) throw takesNoKey();
      const before = await beforeOf(request, keyed);
      if (before === undefined) return;
      if (before.answer !== undefined) return reply.send(replay(reply, before.answer));
      reply.code(success).header(REPLAYED, "true");
      return reply.send(await again(request, reply, before));
    },

    async handler(request, reply) {
      const keyed = requests.get(request);
      const work = async () => await handler.call(this, request, reply);
      return keyed === undefined ? await work() : await answers.acting(keyed, work);
    },

    async onSend(request, reply, payload) {
      const keyed = requests.get(request);
      if (keyed === undefined) return payload;
      requests.delete(request);
      try {
        if (!isKept(reply.statusCode) || typeof payload !== "string") return payload;
        const other = await answers.keep(keyed, answerOf(reply, payload));
        return other?.answer === undefined ? payload : replay(reply, other.answer);
      } catch (err) {
        // The act itself is on record: a repetition is answered with what has become of it.
        request.log.warn({ err }, "an answer couldn't be kept for repetitions");
        return payload;
      } finally {
        running.delete(nameOf(keyed));
      }
    },
  });
}

function nameOf({ principal, key }: KeyedRequest): string {
  return JSON.stringify([principal, key]);
}

/** Success, and the refusals that a repetition would meet, too. Other failures changed nothing and may pass. */
function isKept(status: number): boolean {
  return status < 300 || status === 404 || status === 409 || status === 422;
}

function answerOf(reply: FastifyReply, body: string): Answer {
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return { status: reply.statusCode, headers: Object.fromEntries(headers), body };
}

/** Makes a reply the earlier answer, and returns its body. */
function replay(reply: FastifyReply, { status, headers, body }: Answer): string {
  reply.code(status).headers(headers).header(REPLAYED, "true");
  return body;
}

function alreadyRunning(keyed: KeyedRequest, other: KeyedRequest): ExhibitError {
  if (Buffer.from(other.fingerprint).equals(keyed.fingerprint)) return inFlight(keyed.key);
  return new ExhibitError(
    "IDEMPOTENCY_MISMATCH",
    `The Idempotency-Key ${JSON.stringify(keyed.key)} is being used for another request.`,
  );
}

function takesNoKey(): ExhibitError {
  return new ExhibitError(
    "REQUEST_INVALID",
    "This request takes no Idempotency-Key: its answer holds a secret, which is kept nowhere.",
    { details: { in: "headers", field: HEADER } },
  );
}
