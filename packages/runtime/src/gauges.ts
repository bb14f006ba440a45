import type { Broker, CallOutcome } from "@exhibit/credentials";
import { type Ledger, openDeposits, pendingStamps } from "@exhibit/ledger";
import type { ObjectStore } from "@exhibit/oss";
import { count, observe } from "@exhibit/telemetry";

/** Counts a call to a vendor by its outcome. */
export function countVendorCall(vendor: string, outcome: CallOutcome): void {
  count("exhibit.vendor.calls", { "exhibit.vendor": vendor, "exhibit.outcome": outcome });
}

/**
 * Reports the state of each vendor whenever metrics are collected. Returns a function that stops
 * it.
 */
export function observeVendors(broker: Pick<Broker, "states">): () => void {
  return observe("exhibit.vendor.state", async () =>
    (await broker.states()).map(({ vendor, state }) => ({
      value: 1,
      attributes: { "exhibit.vendor": vendor, "exhibit.state": state },
    })),
  );
}

/**
 * Reports the size of each bucket's concurrency window whenever metrics are collected. Returns a
 * function that stops it.
 */
export function observeWindows(objectStore: Pick<ObjectStore, "windows">): () => void {
  return observe("exhibit.oss.window", async () =>
    objectStore.windows().map(({ endpoint, bucket, size }) => ({
      value: size,
      attributes: { "exhibit.endpoint": endpoint, "exhibit.bucket": bucket },
    })),
  );
}

/**
 * Reports how many stamps are pending, and for how long, whenever metrics are collected. Returns a
 * function that stops it.
 */
export function observeStamps(ledger: Ledger): () => void {
  const read = async (value: "pending" | "oldest") =>
    (await pendingStamps(ledger)).map((each) => ({
      value: each[value],
      attributes: { "exhibit.authority": each.authority },
    }));
  const stopPending = observe("exhibit.stamps.pending", () => read("pending"));
  const stopOldest = observe("exhibit.stamps.oldest", () => read("oldest"));
  return () => {
    stopPending();
    stopOldest();
  };
}

/**
 * Reports how many deposits aren't where they are to be whenever metrics are collected. Returns a
 * function that stops it.
 */
export function observeDeposits(ledger: Ledger): () => void {
  return observe("exhibit.deposits.open", async () =>
    (await openDeposits(ledger)).map(({ receiver, state, count: value }) => ({
      value,
      attributes: { "exhibit.receiver": receiver, "exhibit.state": state },
    })),
  );
}
