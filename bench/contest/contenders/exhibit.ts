import { setTimeout } from "node:timers/promises";
import { createApiClient } from "@exhibit/client";
import { type Fleet, startFleet } from "../../fleet.ts";
import { measureServers } from "../../measure.ts";
import type { Contender, Task } from "./contender.ts";

const WORKERS = 2;
/** Polling takes CPU time of the measured machine, so it is rare; the import itself says when it ended. */
const LOOK_EVERY_MS = 250;

/**
 * A service runs for weeks, so imports that make V8 compile its code come before the measured turns:
 * at most so many files or imports.
 */
const WARM_UP = { files: 30_000, imports: 3 };

/** From the API request to the sealed import: queue, lease, SHA-256, CRC64 compared, every file in the ledger. */
export const exhibit: Contender = {
  name: "exhibit",
  description: `Exhibit, Redis and Postgres, ${WORKERS} worker processes: API request to sealed import`,
  missing: () => undefined,
  async open({ data, sink }) {
    const fleet = await startFleet({ workers: WORKERS, root: data.folder, ossUrl: sink });
    let runs = 0;
    const warmUp = Math.min(WARM_UP.imports, Math.floor(WARM_UP.files / data.paths.length));
    while (runs < warmUp) await importAll(fleet, { data, sink }, ++runs);
    return {
      async run() {
        const { result: seconds, ...used } = await measureServers(fleet.pids, () =>
          importAll(fleet, { data, sink }, ++runs),
        );
        return { ...used, seconds };
      },
      [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
    };
  },
};

/** Returns the seconds from the request to the seal. Each run is another case, so that no object exists already. */
async function importAll({ apiUrl, key }: Fleet, { data }: Task, run: number): Promise<number> {
  const request = {
    entrust_id: `E-${run}`,
    suit_ids: [],
    folders: [
      {
        vendor: "kongur",
        folder: { role: "entrust" },
        source: { type: "directory" as const, path: data.folder },
      },
    ],
  };
  const began = Date.now();
  const api = createApiClient({ url: apiUrl, keys: [key()] });
  let view = await api.create(request);
  while (view.status !== "sealed" && view.status !== "attention") {
    await setTimeout(LOOK_EVERY_MS);
    view = await api.get(view.import_id);
  }
  if (view.stored !== data.paths.length || view.finished_at === null)
    throw new Error(JSON.stringify(view));
  return (Date.parse(view.finished_at) - began) / 1000;
}
