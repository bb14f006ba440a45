import { ExhibitError, type StampView } from "@exhibit/contracts";
import { type Ledger, readStamp, type SealRecord, stampsOf } from "@exhibit/ledger";

/** A stamp and the certificates that it was checked against: `stamps/NAME.tsr`, `stamps/NAME-ca.pem`. */
export type StampPart = `stamps/${string}`;

export function isStampPart(part: string): part is StampPart {
  return part.startsWith("stamps/");
}

/** Returns what authorities say of a seal. */
export async function stampsOfSeal(
  ledger: Ledger,
  { number }: Pick<SealRecord, "number">,
): Promise<StampView[]> {
  return (await stampsOf(ledger, [number])).get(number) ?? [];
}

/** Returns the names of what can be fetched of a stamp. */
export function partsOfStamp({ authority, state }: StampView): StampPart[] {
  if (state === "granted") return [`stamps/${authority}.tsr`, `stamps/${authority}-ca.pem`];
  return state === "unchecked" ? [`stamps/${authority}.tsr`] : [];
}

/** Returns a part of a seal's stamp. Throws NOT_FOUND for one that it doesn't have. */
export async function readStampPart(
  ledger: Ledger,
  { number, sealed }: Pick<SealRecord, "number" | "sealed">,
  part: StampPart,
): Promise<string | Uint8Array> {
  const [, authority = "", end] = /^stamps\/(.+?)(\.tsr|-ca\.pem)$/.exec(part) ?? [];
  const stamp = await readStamp(ledger, { entry: number, authority });
  const found = end === ".tsr" ? stamp?.token : stamp?.ca;
  if (found !== undefined && found !== null) return found;
  const name = JSON.stringify(part);
  throw new ExhibitError("NOT_FOUND", `The seal of import ${sealed.id} has no part ${name}.`);
}
