import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "@exhibit/client";
import type { ImportView } from "@exhibit/contracts";
import { stampsLine } from "../output/stamp-lines.ts";

/** Milliseconds for which a stamp is waited for: it comes right after the seal. */
const WAIT_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** Returns the line that says which seal an import got and who stamped it; none if it isn't sealed. */
export async function sealLines(
  api: ApiClient,
  { import_id, status }: Pick<ImportView, "import_id" | "status">,
): Promise<string[]> {
  if (status !== "sealed") return [];
  const until = Date.now() + WAIT_MS;
  let seal = await api.seal(import_id);
  while (seal.state === "pending" && Date.now() < until) {
    await sleep(LOOK_EVERY_MS);
    seal = await api.seal(import_id);
  }
  const stamps = seal.stamps.length === 0 ? "" : `, ${stampsLine(seal.stamps, {})}`;
  return [`Seal ${seal.number}${stamps}`];
}
