import { type Ledger, receiversWithWork } from "@exhibit/ledger";
import { type EnqueueDependencies, enqueueSoon } from "./enqueue.ts";

/**
 * Rings for those who keep something elsewhere. Never throws: what isn't rung for now, the reconciler
 * rings for.
 */
export async function ringDeposits({
  ledger,
  ...dependencies
}: EnqueueDependencies & { ledger: Ledger }): Promise<void> {
  try {
    const receivers = await receiversWithWork(ledger);
    // Not waited for: the job of a slow receiver is watched for a second.
    if (receivers.length > 0)
      void enqueueSoon(
        dependencies,
        "deposit",
        receivers.map((id) => ({ id })),
      );
  } catch (err) {
    dependencies.logger.warn({ err }, "what is to be kept elsewhere waits for the reconciler");
  }
}
