import type { ExhibitConfig, Proxies } from "@exhibit/config";
import {
  createBroker,
  createVendors,
  type FolderOfCase,
  folderToAskFor,
  type Lease,
  tunnelBy,
} from "@exhibit/credentials";
import { type Probe, probe } from "@exhibit/oss";

/** A real lease without its credentials, and OSS's responses to it. */
export interface VendorCheck {
  /**
   * The folder that the lease was requested for, with the keys of one file where a vendor opens
   * files one by one.
   */
  readonly folder: FolderOfCase["folder"];
  readonly lease: Omit<Lease, "credentials" | "object">;
  readonly probe: Probe;
}

/**
 * Requests a lease from the vendor, for this process alone, and proves it by requests to OSS that
 * change nothing. Throws REQUEST_INVALID for a folder that the vendor has no name for, VENDOR_*
 * when it grants no lease, and STORE_* or LEASE_* when OSS doesn't accept the lease.
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
    const folder = folderToAskFor(broker, of);
    const lease = await broker.lease({ ...of, folder }, { signal });
    const { credentials, object, ...shown } = lease;
    return { folder, lease: shown, probe: await probe(lease, { signal, tunnel }) };
  } finally {
    broker.close();
  }
}
