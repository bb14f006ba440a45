import type { ApiClient } from "@exhibit/client";
import { importIdOf } from "../../client/import-id.ts";
import { badUse } from "../../output/exit-codes.ts";

/**
 * Returns what a command line names: an import, or a vendor by `--vendor`. Throws REQUEST_INVALID
 * (bad use) for both or neither.
 */
export async function targetOf(
  api: ApiClient,
  id: string | undefined,
  vendor: string | undefined,
): Promise<{ id: string } | { vendor: string }> {
  if (id !== undefined && vendor === undefined) return { id: await importIdOf(api, id) };
  if (id === undefined && vendor !== undefined) return { vendor };
  throw badUse("Name either an import by its ID, or a vendor by --vendor NAME.");
}
