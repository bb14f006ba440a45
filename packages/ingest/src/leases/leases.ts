import { ExhibitError } from "@exhibit/contracts";
import type { Broker, FolderOfCase, Lease, PerFile } from "@exhibit/credentials";
import type { FolderRow, Ledger, OrphanedUpload, UnfinishedFile } from "@exhibit/ledger";
import { isSameBucket, type LeaseHolder, type Place } from "@exhibit/oss";
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

/** What holds the lease that a file is sent with, and where that leads. */
export interface HeldLeases extends LeaseHolder {
  place: Place;
}

export type LeasesFor = (file: FileToLease) => HeldLeases | Promise<HeldLeases>;

/** What leases are taken for. */
export interface Work {
  openedAt: Date;
  signal: AbortSignal;
  /** Throws when nothing may be sent any more: each request takes its lease right before it begins. */
  check(): void;
  watch: Pick<RunWatch, "asking" | "place">;
}

/**
 * One lease for all files of the folder; one for each when the vendor opens them one by one. They lead to where the folder's
 * files go; throws DESTINATION_CHANGED, then and whenever one is renewed, for a lease that leads elsewhere.
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
 * The leases of an upload's place, for aborting it: nothing is put on the record. The vendor is asked anew when what it
 * answered before `since` leads elsewhere.
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

/** As it was planned. Throws what planning would have refused it with. */
function slotOf(perFile: PerFile, { path, slot }: FileToLease): FolderRow["selector"] {
  if (slot === null) {
    throw new ExhibitError("INTERNAL", `${JSON.stringify(path)} has been planned without a slot.`);
  }
  const named = perFile.slot({ path, number: slot });
  if (named instanceof ExhibitError) throw named;
  return named;
}

interface ToHold extends Work {
  folder: FolderRow;
  /** What the lease is to open. */
  selector: FolderRow["selector"];
  destination: FixedDestination;
}

async function openHolder(
  broker: Broker,
  { folder, selector, destination, openedAt, signal, check, watch }: ToHold,
): Promise<HeldLeases> {
  const of = ofCase(folder, selector);
  const attributes = { "exhibit.vendor": folder.vendor, "exhibit.folder_id": folder.id };
  // After a person's retry the vendor is asked again: they have mended something.
  const since = openedAt.getTime();
  let checked: Lease | undefined;

  async function confirmed(lease: Lease): Promise<Lease> {
    // Nearly always the one of the last file.
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
    // An upload that is aborted because the work was stopped needs a lease once more; that has a time limit of its own.
    current: (options) => broker.lease(of, signal.aborted ? options : { ...options, signal }),
    replace: (refused) => broker.lease(of, { unlike: refused.id, signal }),
  };
}
