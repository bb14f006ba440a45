import { setTimeout as pause } from "node:timers/promises";
import { ExhibitError, trial, type VendorState, vendorState } from "@exhibit/contracts";
import type { VendorControl } from "@exhibit/ingest";
import type { Readiness } from "@exhibit/runtime";
import { z } from "zod";
import { knownPrincipalOf } from "../../access/principal.ts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

/** How long, in milliseconds, the ledger, the queue and the vendors' states may take to answer. */
const TIMEOUT_MS = 6_000;

/** What only those learn who say who they are. */
const details = z.object({
  trial,
  ledger: z.string(),
  queue: z.string(),
  workers: z
    .number()
    .int()
    .nullable()
    .describe("For information: how many workers are alive; null when that isn't known"),
  vendors: z.array(vendorState).describe("For information: a vendor may be down"),
});

export const readiness = action(
  {
    operationId: "readiness",
    summary: "Is the service ready to accept imports?",
    description:
      "Tells those who say who they are how it stands with each part, and others only yes or no.",
    tags: ["operations"],
    response: {
      200: z.object({
        status: z.literal("ready"),
        ...details.partial().shape,
      }),
      ...failures,
    },
  },
  ({ trial: isTrial, ready, vendorsOf }) =>
    async (request) => {
      const isKnown = knownPrincipalOf(request) !== undefined;
      const [{ ledger, queue, code, workers }, states] = await Promise.all([
        ask(ready),
        isKnown ? known(vendorsOf(request)) : [],
      ]);
      if (ledger === "up" && queue === "up") {
        if (!isKnown) return { status: "ready" as const };
        return {
          status: "ready" as const,
          trial: isTrial,
          ledger,
          queue,
          workers: workers ?? null,
          vendors: states,
        };
      }
      if (!isKnown) {
        request.log.warn({ ledger, queue }, "not ready");
        throw new ExhibitError("SERVICE_UNREACHABLE", "The service isn't ready.");
      }
      throw new ExhibitError(
        code ?? "SERVICE_UNREACHABLE",
        `Ledger: ${bare(ledger)}; queue: ${bare(queue)}.`,
        { details: { ledger, queue } },
      );
    },
  // Machines ask every few seconds.
  { logLevel: "warn", knows: true },
);

/** Returns a sentence without its full stop. */
function bare(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

/**
 * Returns the vendors' states, or none when they can't be had in time: readiness doesn't depend on
 * them.
 */
async function known(vendors: VendorControl): Promise<VendorState[]> {
  const limit = new AbortController();
  const late = pause(TIMEOUT_MS, { items: [] }, { signal: limit.signal });
  try {
    return (await Promise.race([vendors.list(), late])).items;
  } catch {
    return [];
  } finally {
    limit.abort();
    late.catch(() => undefined);
  }
}

async function ask(ready: () => Promise<Readiness>): Promise<Readiness> {
  const limit = new AbortController();
  const silent = `no answer within ${TIMEOUT_MS / 1000} s`;
  const late = pause(TIMEOUT_MS, { ledger: silent, queue: silent }, { signal: limit.signal });
  try {
    return await Promise.race([ready(), late]);
  } catch (thrown) {
    throw unknownReadiness(thrown);
  } finally {
    limit.abort();
    late.catch(() => undefined);
  }
}

function unknownReadiness(cause: unknown): ExhibitError {
  return new ExhibitError(
    "SERVICE_UNREACHABLE",
    "The state of the ledger and the queue can't be determined.",
    { cause },
  );
}
