import { ExhibitError } from "@exhibit/contracts";
import type { Broker, FolderOfCase, PerFile } from "@exhibit/credentials";
import {
  type FolderRow,
  type Ledger,
  recordDestination,
  type UnfinishedFile,
} from "@exhibit/ledger";
import type { LeaseHolder, Place } from "@exhibit/oss";
import { withSpan } from "@exhibit/telemetry";

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
}

/** One lease for all files of the folder; one for each when the vendor opens them one by one. */
export async function leasesOf(
  dependencies: LeaseDependencies,
  folder: FolderRow,
  work: Work,
): Promise<LeasesFor> {
  const hold = (selector: FolderRow["selector"]) =>
    holdLease(dependencies, { ...work, folder, selector });
  const perFile = dependencies.broker.perFile(folder.vendor);
  if (perFile) return async (file) => hold({ ...folder.selector, ...slotOf(perFile, file) });
  const shared = await hold(folder.selector);
  return () => shared;
}

/** The leases of one file's place, for what isn't storing: nothing is put on the record. */
export function leasesBeside(
  broker: Broker,
  folder: FolderRow,
  file: FileToLease,
  signal: AbortSignal,
): LeaseHolder {
  const perFile = broker.perFile(folder.vendor);
  const selector = perFile ? { ...folder.selector, ...slotOf(perFile, file) } : folder.selector;
  return holderOf(broker, ofCase(folder, selector), signal);
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
}

async function holdLease(
  { ledger, broker }: LeaseDependencies,
  { folder, selector, openedAt, signal, check }: ToHold,
): Promise<HeldLeases> {
  const of = ofCase(folder, selector);
  const attributes = { "exhibit.vendor": folder.vendor, "exhibit.folder_id": folder.id };
  const lease = await withSpan("exhibit.lease", attributes, async (span) => {
    // After a person's retry the vendor is asked again: they have mended something.
    const held = await broker.lease(of, { refusedSince: openedAt.getTime(), signal });
    span.set({
      "exhibit.lease_id": held.id,
      "exhibit.lease_expires_at": held.expiresAt.toISOString(),
    });
    return held;
  });
  const { endpoint, name: bucket } = lease.bucket;
  const { prefix } = lease;
  // Only the first lease of a folder says where that is, as a rule.
  if (folder.endpoint !== endpoint || folder.bucket !== bucket || folder.prefix !== prefix)
    await recordDestination(ledger, folder.id, { endpoint, bucket, prefix });
  const holder = holderOf(broker, of, signal);
  return {
    ...holder,
    place: { bucket: lease.bucket, prefix },
    async current(options) {
      check();
      return await holder.current(options);
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
