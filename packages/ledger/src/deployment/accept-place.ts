import { ExhibitError, type VendorPlace } from "@exhibit/contracts";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";
import { deploymentOf } from "./deployment.ts";
import { checkWorld, type Entrant } from "./enter-world.ts";
import { isSame, placeIn, readPlace, sandboxFolder } from "./vendor-places.ts";

/** The change of a vendor's place that a person has accepted. */
export interface AcceptedPlace {
  /**
   * The recorded place; in a ledger of an earlier release, the sandbox that a folder of the vendor
   * lies in.
   */
  readonly from: Partial<VendorPlace>;
  readonly to: VendorPlace;
}

/**
 * Records the place that the configuration gives a vendor, because a person accepts it. Throws
 * NOT_FOUND for a vendor that isn't configured, STATE_CONFLICT when there is nothing to accept, and
 * WORLD_MISMATCH for a ledger of the other world.
 */
export async function acceptPlace(
  { db }: Ledger,
  entrant: Entrant,
  vendor: string,
  by: By,
): Promise<AcceptedPlace> {
  const to = placeIn(entrant.places, vendor);
  return await db.transaction().execute(async (tx) => {
    const deployment = await deploymentOf({ db: tx });
    checkWorld(deployment, entrant);
    const known = await readPlace(tx, vendor);
    if (known !== undefined && isSame(known, to)) {
      throw nothingTo(vendor, "the ledger has it where this configuration has it");
    }
    const folder = await sandboxFolder(tx, { [vendor]: to });
    const from =
      known ?? (deployment.world === null && folder ? { endpoint: folder.endpoint } : undefined);
    if (from === undefined) {
      throw nothingTo(vendor, "its place isn't recorded yet; the next start does that");
    }
    const row = { ...to, who: storable(by.who), why: by.why ? storable(by.why) : null };
    await tx
      .insertInto("vendor_places")
      .values({ vendor, ...row })
      .onConflict((conflict) => conflict.column("vendor").doUpdateSet({ ...row, at: new Date() }))
      .execute();
    await recordAuditEvent(tx, { vendor, what: "accept", by, details: { from, to } });
    return { from, to };
  });
}

function nothingTo(vendor: string, reason: string): ExhibitError {
  return new ExhibitError("STATE_CONFLICT", `There is nothing to accept for ${vendor}: ${reason}.`);
}
