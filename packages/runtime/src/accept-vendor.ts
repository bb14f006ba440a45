import type { Environment, ExhibitConfig } from "@exhibit/config";
import { type AcceptedPlace, acceptPlace, type By } from "@exhibit/ledger";
import { entrantOf, openLedger } from "./open-ledger.ts";

/**
 * Has the ledger take the place that the configuration gives a vendor, on the record. By the ledger itself: no API starts on a ledger
 * that its configuration doesn't agree with. Throws as `acceptPlace` does, and SERVICE_UNREACHABLE.
 */
export async function acceptVendor(
  environment: Environment,
  config: ExhibitConfig,
  { vendor, by }: { vendor: string; by: By },
): Promise<AcceptedPlace> {
  const opened = await openLedger(environment);
  try {
    return await acceptPlace(opened.ledger, entrantOf(environment, config), vendor, by);
  } finally {
    await opened.close();
  }
}
