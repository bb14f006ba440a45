import { ExhibitError, toExhibitError, visible } from "@exhibit/contracts";
import {
  type ClaimedDelivery,
  claimDelivery,
  giveBackDelivery,
  type Ledger,
  nextDelivery,
  recordTry,
  type TryResult,
  withholdDelivery,
} from "@exhibit/ledger";
import { type Attempt, Postponed } from "@exhibit/queue";
import { bytesAtMost, type SafeFetch } from "@exhibit/safe-fetch";
import type { Logger } from "@exhibit/telemetry";
import { untilReachable } from "../jobs/until-reachable.ts";
import { withinTime } from "../jobs/within-time.ts";
import { pauseAfter } from "./schedule.ts";
import type { WebhookSecrets } from "./secrets.ts";
import { signatureHeaders } from "./sign.ts";

export interface DeliverDependencies {
  readonly ledger: Ledger;
  readonly fetch: SafeFetch;
  /** Undefined where nothing can decrypt secrets. */
  readonly secrets: WebhookSecrets | undefined;
  readonly logger: Logger;
  /** Milliseconds within which a receiver has to answer. @defaultValue 15,000 */
  readonly answerTimeoutMs?: number;
}

/** How a try ended, and where it was sent, for the log. */
interface Try extends TryResult {
  readonly address?: string;
}

/** Requests to one webhook at once. */
const MAX_AT_ONCE = 4;
/** Milliseconds within which a receiver has to answer. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Milliseconds after which a delivery of a process that died is due again. */
const LEASE_MS = 2 * ANSWER_TIMEOUT_MS;
/** Bytes of an answer that are kept. */
const MAX_ANSWER_BYTES = 1024;
/** Milliseconds after which others have their turn. */
const TURN_MS = 30_000;

/**
 * Sends a webhook what is due, and comes back when more will be. A job is a webhook's, and not a
 * delivery's: so one that is slow, or has a long queue, has one job like any other.
 */
export async function deliver(
  dependencies: DeliverDependencies,
  webhookId: string,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  const until = Date.now() + TURN_MS;
  const sendAll = async () => {
    while (Date.now() < until && !attempt.signal.aborted) {
      const delivery = await claimDelivery(ledger, webhookId, LEASE_MS);
      if (delivery === undefined) return;
      await sendOne(dependencies, webhookId, delivery, attempt.signal);
    }
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, sendAll));
  if (attempt.signal.aborted) {
    throw new ExhibitError("INTERRUPTED", "The worker stops.", { cause: attempt.signal.reason });
  }
  const next = await nextDelivery(ledger, webhookId);
  if (next === undefined) return;
  const sentence = "It is tried again.";
  throw new Postponed(Math.max(next, 0), new ExhibitError("ADDRESS_UNREACHABLE", sentence));
}

async function sendOne(
  dependencies: DeliverDependencies,
  webhookId: string,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, logger } = dependencies;
  // What has been sent is recorded, even if the ledger is away for a moment.
  const record = (work: () => Promise<void>) => untilReachable(work, signal);
  if (!delivery.isSeen) {
    await record(() => withholdDelivery(ledger, delivery.id));
    return;
  }
  const result = await trySend(dependencies, webhookId, delivery, signal);
  if (result === undefined) {
    await record(() => giveBackDelivery(ledger, delivery.id));
    return;
  }
  await record(() => recordTry(ledger, delivery.id, result));
  const { status, address, error, againIn, isGone } = result;
  const { import_id, tries } = delivery;
  const fields = {
    ...{ webhook_id: webhookId, delivery_id: delivery.id, import_id, tries, status, address },
  };
  if (error === undefined) {
    logger.debug({ event: "webhook.delivered", ...fields }, "a webhook took an event");
    return;
  }
  logger.warn(
    {
      event: "webhook.failed",
      ...fields,
      ...{ reason: error, again_in_ms: againIn, is_gone: isGone },
    },
    "a webhook didn't take an event",
  );
}

/** Tries to send a delivery. Returns undefined when it was broken off. */
async function trySend(
  { fetch, secrets, answerTimeoutMs = ANSWER_TIMEOUT_MS }: DeliverDependencies,
  webhookId: string,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<Try | undefined> {
  const { tries } = delivery;
  const keys = [delivery.secret, delivery.previousSecret].flatMap((encrypted) =>
    encrypted === null ? [] : (secrets?.open(webhookId, encrypted) ?? []),
  );
  if (keys.length === 0) {
    const error =
      "Its secret can't be decrypted: EXHIBIT_LEASE_KEY has no key of it any more. Rotate the webhook.";
    return { error, againIn: pauseAfter(tries, undefined) };
  }
  const late = new ExhibitError(
    "ADDRESS_UNREACHABLE",
    `The receiver didn't answer within ${answerTimeoutMs / 1000} s.`,
  );
  try {
    return await withinTime({ milliseconds: answerTimeoutMs, late, signal }, async (limited) => {
      const body = bodyOf(delivery);
      const headers = signatureHeaders({ id: delivery.id, body, at: new Date() }, keys);
      using response = await fetch.fetch(delivery.url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: Buffer.from(body),
        signal: limited,
      });
      const { status, address } = response;
      // By its status alone the receiver has taken it, or not.
      const answer = await bytesAtMost(response, MAX_ANSWER_BYTES).then(textOf, () => "");
      if (status >= 200 && status < 300) return { status, address, answer };
      const isGone = status === 410;
      const again = isGone ? undefined : pauseAfter(tries, response.headers["retry-after"]);
      return { status, address, answer, error: sentenceOf(status), againIn: again, isGone };
    });
  } catch (thrown) {
    if (signal.aborted) return undefined;
    const { message } = toExhibitError(thrown);
    return { error: message, againIn: pauseAfter(tries, undefined) };
  }
}

/** The same text at every try, as the receiver may compare. */
function bodyOf({ event, created_at, data }: ClaimedDelivery): string {
  return JSON.stringify({ type: event, timestamp: created_at.toISOString(), data });
}

function textOf(bytes: Buffer): string {
  return visible(bytes.toString("utf8"));
}

function sentenceOf(status: number): string {
  if (status === 410) return "The receiver answered 410: it is gone, and wants no more events.";
  if (status >= 300 && status < 400) {
    return `The receiver answered ${status}: redirects aren't followed. Change the address.`;
  }
  return `The receiver answered ${status}.`;
}
