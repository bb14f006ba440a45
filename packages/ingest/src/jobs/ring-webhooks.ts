import { type Ledger, webhooksWithWork } from "@exhibit/ledger";
import { type EnqueueDependencies, enqueueSoon } from "./enqueue.ts";

/**
 * Rings for the webhooks that have something to be told: of an import, or one delivery. Never throws:
 * what isn't rung for now, the reconciler rings for.
 */
export async function ringWebhooks(
  { ledger, ...dependencies }: EnqueueDependencies & { ledger: Ledger },
  of: { readonly importId: string } | { readonly deliveryId: string },
): Promise<void> {
  try {
    const ids = await webhooksWithWork(ledger, of);
    if (ids.length === 0) return;
    // Not waited for: the job of a slow receiver runs for long, and is watched for a second.
    const jobs = ids.map((id) => ({ id }));
    void enqueueSoon(dependencies, "deliver", jobs);
  } catch (err) {
    dependencies.logger.warn({ err }, "webhooks are told later, by the reconciler");
  }
}
