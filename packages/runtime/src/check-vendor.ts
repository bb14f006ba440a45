import type { ExhibitConfig, Proxies } from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import {
  type Broker,
  createBroker,
  createVendors,
  type FolderOfCase,
  type Lease,
  tunnelBy,
} from "@exhibit/credentials";
import { type Probe, probe } from "@exhibit/oss";

/** A lease that was really had, and what OSS said to it. Nothing of its credentials. */
export interface VendorCheck {
  /** The folder that the lease was asked for; with a file's own keys where a vendor opens files one by one. */
  readonly folder: FolderOfCase["folder"];
  readonly lease: Omit<Lease, "credentials" | "object">;
  readonly probe: Probe;
}

/**
 * Takes a lease from the vendor, in this process alone, and proves it with a request that changes nothing. Throws
 * REQUEST_INVALID for a folder that the vendor can't name, VENDOR_* when it gives no lease, and STORE_* or LEASE_* when
 * OSS doesn't take it.
 */
export async function checkVendor(
  config: ExhibitConfig,
  of: FolderOfCase,
  signal: AbortSignal,
  proxies?: Proxies,
): Promise<VendorCheck> {
  const tunnel = proxies && tunnelBy(proxies.rule);
  const broker = createBroker({ vendors: createVendors(config.vendors, { tunnel }) });
  try {
    const folder = folderOf(broker, of);
    const lease = await broker.lease({ ...of, folder }, { signal });
    const { credentials, object, ...shown } = lease;
    return { folder, lease: shown, probe: await probe(lease, { signal, tunnel }) };
  } finally {
    broker.close();
  }
}

/** Where a vendor opens files one by one, a folder stands for its first file. */
function folderOf(broker: Broker, { vendor, folder }: FolderOfCase): FolderOfCase["folder"] {
  const slot = broker.perFile(vendor)?.slot({ path: "1.jpg", number: 1 });
  return slot === undefined || slot instanceof ExhibitError ? folder : { ...slot, ...folder };
}
