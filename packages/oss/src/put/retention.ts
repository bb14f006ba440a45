import { ExhibitError, endOfPeriod, type Period } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { Retained } from "../api/retention-calls.ts";
import type { Receipt } from "../object-store.ts";

/** A file that is in OSS, to be kept there. */
interface Stored {
  readonly receipt: Receipt;
  readonly period: Period;
  readonly lease: Lease;
  /** Asks OSS to keep it; throws what it says instead. */
  retain(of: Retained): Promise<void>;
  /** Hears why it isn't kept. */
  onIncident: ((incident: ExhibitError) => void) | undefined;
}

/** How long, in milliseconds, a bucket that has refused isn't asked again. */
const REFUSED_FOR = 60 * 60_000;

/**
 * Has OSS keep what was stored. A refusal is no fault of the file, which is stored all the same: it is
 * told once, and the bucket isn't asked again by a lease of that vendor within the hour, because a
 * lease that may not keep one object may keep none.
 *
 * @param now milliseconds of a clock that doesn't jump
 */
export function createRetention(now: () => number) {
  const refusals = new Map<string, number>();

  /** Returns the receipt with the time until which the object is kept, if it is. */
  return async ({ receipt, period, lease, retain, onIncident }: Stored): Promise<Receipt> => {
    const place = `${lease.vendor} ${receipt.endpoint} ${receipt.bucket}`;
    const isRefused = () => now() < (refusals.get(place) ?? 0);
    if (isRefused()) return receipt;
    const until = endOfPeriod(receipt.storedAt, period);
    try {
      if (lease.object?.uploadUrl !== undefined) throw urlOnly(lease);
      await retain({ versionId: receipt.versionId, until });
      return { ...receipt, retainedUntil: until };
    } catch (thrown) {
      if (!(thrown instanceof ExhibitError) || thrown.code === "INTERRUPTED") throw thrown;
      // Another file that was under way has been told.
      if (isRefused()) return receipt;
      if (thrown.action === "never") refusals.set(place, now() + REFUSED_FOR);
      onIncident?.(notRetained(receipt, until, thrown));
      return receipt;
    }
  };
}

function notRetained({ key }: Receipt, until: Date, cause: ExhibitError): ExhibitError {
  return new ExhibitError(
    "RETENTION_REFUSED",
    `OSS doesn't keep ${JSON.stringify(key)} until ${until.toISOString()}, nor, within the hour, what else is stored in its bucket: ${cause.message}`,
    { cause, details: { ...cause.details, key } },
  );
}

function urlOnly({ id, vendor }: Lease): ExhibitError {
  return new ExhibitError(
    "STORE_DENIED",
    `Lease ${id} of ${vendor} is a signed URL to write one object with; nothing else can be asked by it.`,
    { details: { lease_id: id } },
  );
}
