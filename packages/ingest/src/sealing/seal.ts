import { ExhibitError, type ImportStatus, type ImportView } from "@exhibit/contracts";
import { type Ledger, readImport, type Sealer, sealEnded, sealImport } from "@exhibit/ledger";
import type { Attempt, Engine } from "@exhibit/queue";
import { type Logger, withSpan } from "@exhibit/telemetry";
import { postponed } from "../jobs/postpone.ts";
import { ringDeposits } from "../jobs/ring-deposits.ts";
import { ringStamps } from "../jobs/ring-stamps.ts";
import { ringWebhooks } from "../jobs/ring-webhooks.ts";

export interface SealDependencies {
  ledger: Ledger;
  engine: Pick<Engine, "enqueue">;
  logger: Logger;
  sealer: Sealer;
}

/**
 * Seals an import in which nothing is open any more, or moves it to attention; seals one that has ended
 * without a seal; leaves any other as it is. While the register's key is on another worker, the job is
 * postponed, so that it comes to that one.
 */
export async function seal(
  dependencies: SealDependencies,
  importId: string,
  attempt: Pick<Attempt, "postponed">,
): Promise<void> {
  await withSpan("exhibit.seal", { "exhibit.import_id": importId }, async (span) => {
    const { ledger, logger } = dependencies;
    const status = await sealAndTell(dependencies, importId).catch((thrown: unknown) => {
      throw isElsewhere(thrown) ? postponed(thrown, attempt) : thrown;
    });
    if (status === undefined) return;
    const view = await readImport(ledger, importId);
    span.set({
      "exhibit.status": status,
      "exhibit.files": view.files,
      "exhibit.bytes": view.bytes,
      "exhibit.failed": view.failed,
    });
    logEnd(view, logger);
  });
}

/** Seals an import, and rings for its stamps, and for what is told of it: also when its totals are wrong. */
async function sealAndTell(
  dependencies: SealDependencies,
  importId: string,
): Promise<ImportStatus | undefined> {
  const { ledger, sealer } = dependencies;
  try {
    const status = await sealImport(ledger, importId, sealer);
    if (status === undefined) await sealEnded(ledger, importId, sealer);
    ringStamps(dependencies, sealer.authorities);
    if (sealer.deposits) await ringDeposits(dependencies);
    return status;
  } finally {
    await ringWebhooks(dependencies, { importId });
  }
}

/** Returns whether another worker has the key that this one lacks. */
function isElsewhere(thrown: unknown): thrown is ExhibitError {
  return thrown instanceof ExhibitError && thrown.code === "SEAL_KEY_MISMATCH";
}

function logEnd(view: ImportView, logger: Logger): void {
  const { import_id, status, files, bytes, stored, identical, failed, waived, seconds } = view;
  const codes = view.errors.map(({ code }) => code);
  const fields = { import_id, files, bytes, stored, identical, failed, waived, seconds };
  if (status === "attention")
    logger.warn({ event: "import.attention", ...fields, codes }, "an import needs attention");
  else if (status === "sealed")
    logger.info({ event: "import.sealed", ...fields }, "an import is sealed");
}
