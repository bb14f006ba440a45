import { ExhibitError } from "@exhibit/contracts";
import type { Broker, FolderOfCase, Lease, PerFile } from "@exhibit/credentials";
import type { FolderRow, Ledger, OrphanedUpload, UnfinishedFile } from "@exhibit/ledger";
import { type BucketPrefix, isSameBucket, type LeaseHolder } from "@exhibit/oss";
import { withSpan } from "@exhibit/telemetry";
import type { RunWatch } from "../fleet/waits.ts";
import {
  type DestinationDependencies,
  type FixedDestination,
  fixedDestination,
} from "./destination.ts";

export interface LeaseDependencies {
  ledger: Ledger;
  broker: Broker;
}

type FileToLease = Pick<UnfinishedFile, "path" | "slot">;

/** Hands out the leases that a file is sent with, and says where they lead. */
export interface HeldLeases extends LeaseHolder {
  place: BucketPrefix;
}

export type LeasesFor = (file: FileToLease) => HeldLeases | Promise<HeldLeases>;

/** The work that needs leases. */
export interface Work {
  openedAt: Date;
  signal: AbortSignal;
  /** Throws if nothing more may be sent: each request gets its lease right before it begins. */
  check(): void;
  watch: Pick<RunWatch, "asking" | "place">;
}

/**
 * Opens one lease for all files of the folder, or, if the vendor opens files one by one, one for
 * each when it is needed. They lead to the folder's destination: throws DESTINATION_CHANGED, then
 * and whenever a lease is renewed, for one that leads elsewhere.
 */
export async function openLeases(
  dependencies: LeaseDependencies & DestinationDependencies,
  folder: FolderRow,
  work: Work,
): Promise<LeasesFor> {
  const { broker } = dependencies;
  const destination = fixedDestination(dependencies, folder);
  const hold = (selector: FolderRow["selector"]) =>
    openHolder(broker, { ...work, folder, selector, destination });
  const perFile = broker.perFile(folder.vendor);
  if (perFile) return async (file) => hold({ ...folder.selector, ...slotOf(perFile, file) });
  const shared = await hold(folder.selector);
  return () => shared;
}

/**
 * Returns the leases for aborting an upload where it was begun; nothing is recorded. The vendor is
 * asked again if what it answered before `since` (milliseconds since the epoch) leads elsewhere.
 */
export function leasesToAbort(
  broker: Broker,
  folder: FolderRow,
  upload: OrphanedUpload,
  { since, signal }: { since: number; signal: AbortSignal },
): LeaseHolder {
  const perFile = broker.perFile(folder.vendor);
  const selector = perFile ? { ...folder.selector, ...slotOf(perFile, upload) } : folder.selector;
  const of = ofCase(folder, selector);
  return {
    ...holderOf(broker, of, signal),
    async current(options) {
      const lease = await broker.lease(of, { ...options, signal });
      if (opens(lease, upload)) return lease;
      return await broker.lease(of, { ...options, signal, answeredSince: since });
    },
  };
}

function opens({ bucket, prefixes }: Lease, upload: OrphanedUpload): boolean {
  const { endpoint, bucket: name, key } = upload;
  return isSameBucket({ endpoint, name }, bucket) && prefixes.some((each) => key.startsWith(each));
}

/**
 * Returns what names the file in the folder's selector, as it was planned. Throws what planning
 * would have refused it with.
 */
export function slotOf(perFile: PerFile, { path, slot }: FileToLease): FolderRow["selector"] {
  if (slot === null) {
    throw new ExhibitError("INTERNAL", `${JSON.stringify(path)} was planned without a slot.`);
  }
  const named = perFile.slot({ path, number: slot });
  if (named instanceof ExhibitError) throw named;
  return named;
}

interface ToHold extends Work {
  folder: FolderRow;
  /** Names what the lease must open. */
  selector: FolderRow["selector"];
  destination: FixedDestination;
}

async function openHolder(
  broker: Broker,
  { folder, selector, destination, openedAt, signal, check, watch }: ToHold,
): Promise<HeldLeases> {
  const of = ofCase(folder, selector);
  const attributes = {
    "exhibit.import_id": folder.import_id,
    "exhibit.folder_id": folder.id,
    "exhibit.vendor": folder.vendor,
  };
  // After a person's retry the vendor is asked again: they have fixed something.
  const since = openedAt.getTime();
  let checked: Lease | undefined;

  async function confirmed(lease: Lease): Promise<Lease> {
    // It is nearly always the last file's lease.
    if (lease === checked) return lease;
    if (!(await destination.isReachedBy(lease))) throw await destination.refuse(lease);
    checked = lease;
    return lease;
  }

  const lease = await withSpan("exhibit.lease", attributes, async (span) => {
    const ask = (more?: { answeredSince: number }) =>
      watch.asking(() => broker.lease(of, { refusedSince: since, signal, ...more }));
    let held = await ask();
    if (!(await destination.isReachedBy(held))) held = await ask({ answeredSince: since });
    span.set({
      "exhibit.lease_id": held.id,
      "exhibit.lease_expires_at": held.expiresAt.toISOString(),
    });
    return await confirmed(held);
  });
  watch.place(`${lease.bucket.name} at ${new URL(lease.bucket.endpoint).host}`);
  const holder = holderOf(broker, of, signal);
  return {
    place: { bucket: lease.bucket, prefix: lease.prefix },
    async current(options) {
      check();
      return await confirmed(await holder.current(options));
    },
    async replace(refused) {
      return await confirmed(await holder.replace(refused));
    },
  };
}

function ofCase(
  { vendor, entrust_id, suit_ids }: FolderRow,
  folder: FolderRow["selector"],
): FolderOfCase {
  return { vendor, entrust_id: entrust_id ?? undefined, suit_ids, folder };
}

function holderOf(broker: Broker, of: FolderOfCase, signal: AbortSignal): LeaseHolder {
  return {
    // An upload aborted because the work was stopped needs one more lease; the abort has a time
    // limit of its own.
    current: (options) => broker.lease(of, signal.aborted ? options : { ...options, signal }),
    replace: (refused) => broker.lease(of, { unlike: refused.id, signal }),
  };
}
