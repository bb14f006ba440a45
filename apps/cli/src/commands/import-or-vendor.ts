import { badUse } from "../exit-codes.ts";

/** What a command line names: an import, or by --vendor a vendor. Throws REQUEST_INVALID (bad use) for both or none. */
export function targetOf(
  id: string | undefined,
  vendor: string | undefined,
): { id: string } | { vendor: string } {
  if (id !== undefined && vendor === undefined) return { id };
  if (id === undefined && vendor !== undefined) return { vendor };
  throw badUse("Name the import by its ID, or a vendor by --vendor NAME: one of them.");
}
