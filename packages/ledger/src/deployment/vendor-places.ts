import { ExhibitError, isSameEndpoint, type VendorPlace } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { LedgerSchema } from "../schema.ts";

/** Places by the vendors' names. */
export type VendorPlaces = Readonly<Record<string, VendorPlace>>;

/** Who recorded a place that nobody had to accept. */
const FIRST_PROCESS = "exhibit";

/**
 * Records the places of new vendors; the others must be as recorded. The place of a vendor that
 * isn't configured any more stays. Throws WORLD_MISMATCH naming the vendor and both places.
 */
export async function agreeOnPlaces(
  tx: Transaction<LedgerSchema>,
  { places, ledgerName }: { places: VendorPlaces; ledgerName: string },
): Promise<void> {
  // All processes use the same order, so that two of them never wait for each other.
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

/** Reads a vendor's recorded place and locks it. */
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

/** Matches addresses of the machine itself: every sandbox has one, and no real OSS. */
const LOOPBACK = /^https?:\/\/(127\.[0-9.]+|\[::1\]|localhost)(:[0-9]+)?(\/|$)/;

/**
 * Holds for a row of `folders` that lies in a sandbox; null where no lease has told its endpoint
 * yet.
 */
export const atLoopback = sql<boolean>`(folders.endpoint ~ ${LOOPBACK.source})`;

/**
 * Finds a folder that lies in a sandbox, whose vendor is configured elsewhere and whose place
 * nobody has accepted.
 */
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
