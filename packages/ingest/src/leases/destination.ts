import { type Destination, ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { type FolderRow, fixDestination, type Ledger, offerDestination } from "@exhibit/ledger";
import { isSameBucket } from "@exhibit/oss";

/** Where a folder's files go, during one run of a shard. */
export interface FixedDestination {
  /**
   * Returns whether a lease leads there. The first lease asked about for a folder fixes its
   * destination.
   */
  isReachedBy(lease: Lease): Promise<boolean>;
  /**
   * Returns why a lease that leads elsewhere can't be used, and records its destination as an offer
   * for a person to decide on.
   */
  refuse(lease: Lease): Promise<ExhibitError>;
}

export interface DestinationDependencies {
  ledger: Ledger;
  /** The number under which the ledger knows this worker. */
  worker: number;
}

/**
 * Returns a folder's destination, which holds until the run ends: no file is sent half here and
 * half there.
 */
export function fixedDestination(
  { ledger, worker }: DestinationDependencies,
  folder: FolderRow,
): FixedDestination {
  let fixed = known(folder);
  // Many files have the same lease at once.
  const refusals = new Map<string, Promise<ExhibitError>>();

  async function refusalOf(lease: Lease): Promise<ExhibitError> {
    const offered = placeOf(lease);
    const message = (from: Destination) => sentence(from, offered);
    const now = await offerDestination(ledger, folder.id, offered, { message, worker });
    const { vendor } = folder;
    if (isSame(ledger, now, lease)) {
      return new ExhibitError(
        "INTERRUPTED",
        "Somebody has accepted another destination for the folder.",
      );
    }
    const details = { vendor, ...offered, lease_id: lease.id };
    return new ExhibitError("DESTINATION_CHANGED", message(now), { details });
  }

  return {
    async isReachedBy(lease) {
      fixed ??= await fixDestination(ledger, folder.id, placeOf(lease));
      return isSame(ledger, fixed, lease);
    },
    refuse(lease) {
      const refusal = refusals.get(lease.id) ?? refusalOf(lease);
      refusals.set(lease.id, refusal);
      return refusal;
    },
  };
}

/** Returns whether a lease leads to where a folder's files are. */
export function leadsThere(ledger: Ledger, folder: FolderRow, lease: Lease): boolean {
  const there = known(folder);
  return there !== undefined && isSame(ledger, there, lease);
}

function known({ endpoint, bucket, prefix }: FolderRow): Destination | undefined {
  if (endpoint === null || bucket === null || prefix === null) return undefined;
  return { endpoint, bucket, prefix };
}

/** Returns where a lease leads. */
export function placeOf({ bucket, prefix }: Lease): Destination {
  return { endpoint: bucket.endpoint, bucket: bucket.name, prefix };
}

/**
 * Compares where a lease leads. A vendor that opens files one by one names each object itself, so
 * only its bucket is compared.
 */
function isSame({ deployment }: Ledger, fixed: Destination, lease: Lease): boolean {
  const { bucket, prefix, object } = lease;
  if (object === undefined && fixed.prefix !== prefix) return false;
  if (isSameBucket({ endpoint: fixed.endpoint, name: fixed.bucket }, bucket)) return true;
  // A trial's sandbox may have another port each time.
  return fixed.bucket === bucket.name && deployment.world === "trial";
}

function sentence(from: Destination, to: Destination): string {
  return `The folder's files go to ${named(from)}; the vendor now leads to ${named(to)}. Nothing was sent there.`;
}

function named({ endpoint, bucket, prefix }: Destination): string {
  return `${JSON.stringify(`${bucket}/${prefix}`)} at ${endpoint}`;
}
