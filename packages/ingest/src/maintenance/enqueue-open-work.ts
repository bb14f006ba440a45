import {
  authoritiesWithWork,
  findQuietImports,
  findQuietVerifications,
  findUnsealed,
  type Ledger,
  type OpenWork,
  receiversWithWork,
  webhooksWithWork,
} from "@exhibit/ledger";
import type { Engine, QueueName } from "@exhibit/queue";
import { withSpan } from "@exhibit/telemetry";
import { jobOfShard, jobsOfFolders, jobsOfVerifications } from "../jobs/enqueue.ts";

/**
 * After so many milliseconds without a change, an import's jobs may have been lost. If everything
 * runs in one process, hardly any is, and checking takes that process's own time.
 */
export const quietMsOf = { redis: 10_000, embedded: 30_000 };

/**
 * Enqueues everything that is open in imports that haven't changed for `quietForMs` milliseconds.
 * Work that has a job already keeps it. So are imports that ended without a seal, and verifications that are under way.
 * Webhooks are rung for that have had something due for as long, authorities of time stamps of which one
 * is due, and those who are to keep something elsewhere.
 */
export async function enqueueOpenWork(
  dependencies: { ledger: Ledger; engine: Pick<Engine, "enqueue"> },
  quietForMs: number,
): Promise<void> {
  await enqueueImports(dependencies, quietForMs);
  await enqueueUnsealed(dependencies);
  await enqueueVerifications(dependencies, quietForMs);
  const { ledger } = dependencies;
  await ringFor("deliver", dependencies, await webhooksWithWork(ledger, { dueForMs: quietForMs }));
  await ringFor("stamp", dependencies, await authoritiesWithWork(ledger));
  await ringFor("deposit", dependencies, await receiversWithWork(ledger));
}

async function enqueueImports(
  { ledger, engine }: { ledger: Ledger; engine: Pick<Engine, "enqueue"> },
  quietForMs: number,
): Promise<void> {
  const quiet = await findQuietImports(ledger, { quietForMs });
  if (quiet.length === 0) return;
  const shards = quiet.reduce((sum, work) => sum + work.shards.length, 0);
  await withSpan(
    "exhibit.reconcile",
    { "exhibit.imports": quiet.length, "exhibit.shards": shards },
    async () => {
      for (const work of quiet) await enqueueAll(engine, work);
    },
  );
}

async function enqueueUnsealed({
  ledger,
  engine,
}: {
  ledger: Ledger;
  engine: Pick<Engine, "enqueue">;
}): Promise<void> {
  const ids = await findUnsealed(ledger);
  if (ids.length > 0)
    await engine.enqueue(
      "seal",
      ids.map((id) => ({ id })),
    );
}

async function enqueueVerifications(
  { ledger, engine }: { ledger: Ledger; engine: Pick<Engine, "enqueue"> },
  quietForMs: number,
): Promise<void> {
  const numbers = await findQuietVerifications(ledger, { quietForMs });
  if (numbers.length > 0) await engine.enqueue("verify", jobsOfVerifications(numbers));
}

/** Rings for those outside for whom something is due. */
async function ringFor(
  name: QueueName,
  { engine }: { engine: Pick<Engine, "enqueue"> },
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const jobs = ids.map((id) => ({ id }));
  // A job that waits for somebody to come back doesn't know of what is new.
  await engine.enqueue(name, jobs, { isNewer: true });
}

async function enqueueAll(
  engine: Pick<Engine, "enqueue">,
  { importId, priority, folderIds, shards, complete }: OpenWork,
): Promise<void> {
  await engine.enqueue("plan", jobsOfFolders(folderIds, priority));
  await engine.enqueue("store", shards.map(jobOfShard));
  if (complete) await engine.enqueue("seal", [{ id: importId }]);
}
