import { ExhibitError, isSameEndpoint, type VendorPlace } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { LedgerSchema } from "../schema.ts";

/** By the vendors' names. */
export type VendorPlaces = Readonly<Record<string, VendorPlace>>;

/** Who put a place on record that nobody had to accept. */
const FIRST_PROCESS = "exhibit";

/**
 * Puts the places of vendors that are new on record; the others have to be what the record has. One that isn't configured any
 * more stays there. Throws WORLD_MISMATCH naming the vendor and both places.
 */
export async function agreeOnPlaces(
  tx: Transaction<LedgerSchema>,
  { places, ledgerName }: { places: VendorPlaces; ledgerName: string },
): Promise<void> {
  // In one order for all, so that two processes wait for each other in turn.
  for (const vendor of Object.keys(places).sort()) {
    const place = placeIn(places, vendor);
    await tx
      .insertInto("vendor_places")
      .values({ vendor, ...place, who: FIRST_PROCESS })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const known = await readPlace(tx, vendor);
    if (known !== undefined && isSame(known, place)) continue;
    throw new ExhibitError(
      "WORLD_MISMATCH",
      `${ledgerName} has ${vendor} at ${textOf(known)}; this configuration has it at ${textOf(place)}. If it has moved on purpose: exhibit vendors accept ${vendor} --why TEXT`,
      { details: { vendor } },
    );
  }
}

/** Throws NOT_FOUND for a vendor that the configuration doesn't have. */
export function placeIn(places: VendorPlaces, vendor: string): VendorPlace {
  const place = Object.hasOwn(places, vendor) ? places[vendor] : undefined;
  if (place !== undefined) return place;
  const configured = Object.keys(places).join(", ") || "none";
  throw new ExhibitError(
    "NOT_FOUND",
    `There is no vendor ${JSON.stringify(vendor)}; configured: ${configured}.`,
  );
}

/** What is on record, and locked. */
export async function readPlace(
  tx: Transaction<LedgerSchema>,
  vendor: string,
): Promise<VendorPlace | undefined> {
  return await tx
    .selectFrom("vendor_places")
    .select(["gateway", "endpoint", "bucket"])
    .where("vendor", "=", vendor)
    .forUpdate()
    .executeTakeFirst();
}

export function isSame(one: VendorPlace, other: VendorPlace): boolean {
  if (one.gateway !== other.gateway || one.bucket !== other.bucket) return false;
  if (one.endpoint === null || other.endpoint === null) return one.endpoint === other.endpoint;
  return isSameEndpoint(one.endpoint, other.endpoint);
}

function textOf(place: VendorPlace | undefined): string {
  if (place === undefined) return "no place";
  const { gateway, endpoint, bucket } = place;
  return [
    `gateway ${gateway}`,
    ...(endpoint === null ? [] : [`endpoint ${endpoint}`]),
    ...(bucket === null ? [] : [`bucket ${bucket}`]),
  ].join(", ");
}

/** Addresses of the machine itself: nobody's OSS has one, and every sandbox. */
const LOOPBACK = /^https?:\/\/(127\.[0-9.]+|\[::1\]|localhost)(:[0-9]+)?(\/|$)/;

/** Of a row of `folders`; null where no lease has told its endpoint. */
export const atLoopback = sql<boolean>`(folders.endpoint ~ ${LOOPBACK.source})`;

/** A folder in a sandbox, of a vendor that the configuration has elsewhere and whose place nobody has accepted. */
export async function sandboxFolder(
  tx: Transaction<LedgerSchema>,
  places: VendorPlaces,
): Promise<{ importId: string; vendor: string; endpoint: string } | undefined> {
  const local = Object.entries(places)
    .filter(([, { gateway, endpoint }]) => LOOPBACK.test(gateway) || LOOPBACK.test(endpoint ?? ""))
    .map(([vendor]) => vendor);
  const { rows } = await sql<{ importId: string; vendor: string; endpoint: string }>`
    select import_id as "importId", vendor, endpoint from folders
    where ${atLoopback} and vendor <> all(${local}::text[])
      and vendor not in (select vendor from vendor_places)
    order by id limit 1`.execute(tx);
  return rows[0];
}
