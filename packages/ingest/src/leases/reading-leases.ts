import type { Broker, FolderOfCase } from "@exhibit/credentials";
import { type FolderRow, type Ledger, readSlots } from "@exhibit/ledger";
import type { LeaseHolder } from "@exhibit/oss";
import { slotOf } from "./leases.ts";

/** Returns the leases by which a file of a folder is read. */
export type LeasesToRead = (file: { id: number; path: string }) => LeaseHolder;

/**
 * Returns the leases by which the objects of a folder are read: one for all, or one for each file
 * where the vendor opens files one by one. Nothing is recorded: where they lead decides nothing.
 */
export async function leasesToRead(
  { broker, ledger }: { broker: Broker; ledger: Ledger },
  folder: FolderRow,
  signal: AbortSignal,
): Promise<LeasesToRead> {
  const { vendor, entrust_id, suit_ids, selector } = folder;
  const ofCase = (of: FolderRow["selector"]): FolderOfCase => ({
    vendor,
    entrust_id: entrust_id ?? undefined,
    suit_ids,
    folder: of,
  });
  const perFile = broker.perFile(vendor);
  if (perFile === undefined) {
    const shared = holderOf(broker, ofCase(selector), signal);
    return () => shared;
  }
  const slots = await readSlots(ledger, folder.id);
  return ({ path }) => {
    const slot = slotOf(perFile, { path, slot: slots.get(path) ?? null });
    return holderOf(broker, ofCase({ ...selector, ...slot }), signal);
  };
}

function holderOf(broker: Broker, of: FolderOfCase, signal: AbortSignal): LeaseHolder {
  return {
    current: (options) => broker.lease(of, { ...options, signal }),
    replace: (refused) => broker.lease(of, { unlike: refused.id, signal }),
  };
}
