import { ExhibitError, type StampView } from "@exhibit/contracts";
import { findStamped, type Ledger, readStamp, type SealRecord, stampsOf } from "@exhibit/ledger";

/** A stamp and the certificates that it was checked against: `stamps/NAME.tsr`, `stamps/NAME-ca.pem`. */
export type StampPart = `stamps/${string}`;

export function isStampPart(part: string): part is StampPart {
  return part.startsWith("stamps/");
}

/** Returns what authorities say of an entry. */
export async function stampsOfEntry(ledger: Ledger, number: number): Promise<StampView[]> {
  return (await stampsOf(ledger, [number])).get(number) ?? [];
}

/** What authorities say of a seal, or of the journal that is stamped in its place. */
export interface SealStamps {
  readonly stamps: StampView[];
  /** The entry that they are of. */
  readonly as: number;
}

/** Returns what authorities say of a seal. */
export async function stampsOfSeal(
  ledger: Ledger,
  { number }: Pick<SealRecord, "number">,
): Promise<SealStamps> {
  const as = await findStamped(ledger, number);
  return { stamps: await stampsOfEntry(ledger, as), as };
}

/** Returns the names of what can be fetched of a stamp. */
export function partsOfStamp({ authority, state }: StampView): StampPart[] {
  if (state === "granted") return [`stamps/${authority}.tsr`, `stamps/${authority}-ca.pem`];
  return state === "unchecked" ? [`stamps/${authority}.tsr`] : [];
}

/** Returns a part of an entry's stamp. Throws NOT_FOUND for one that it doesn't have. */
export async function readStampPart(
  ledger: Ledger,
  entry: number,
  part: StampPart,
): Promise<string | Uint8Array> {
  const [, authority = "", end] = /^stamps\/(.+?)(\.tsr|-ca\.pem)$/.exec(part) ?? [];
  const stamp = await readStamp(ledger, { entry, authority });
  const found = end === ".tsr" ? stamp?.token : stamp?.ca;
  if (found !== undefined && found !== null) return found;
  throw new ExhibitError(
    "NOT_FOUND",
    `Entry ${entry} of the register has no part ${JSON.stringify(part)}.`,
  );
}
