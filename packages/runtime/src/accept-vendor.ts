import type { Environment, ExhibitConfig } from "@exhibit/config";
import { type AcceptedPlace, acceptPlace, type By } from "@exhibit/ledger";
import { entrantOf, openLedger } from "./open-ledger.ts";

/**
 * Accepts the place that the configuration gives a vendor, and records it in the audit log. It
 * opens the ledger itself, because no API starts on a ledger that disagrees with its configuration.
 * Throws the errors of `acceptPlace`, and SERVICE_UNREACHABLE.
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
