import type { ImportStatus, ImportView } from "@exhibit/contracts";
import { type Ledger, readImport, sealImport } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import { type Logger, withSpan } from "@exhibit/telemetry";
import { ringWebhooks } from "../jobs/ring-webhooks.ts";

export interface SealDependencies {
  ledger: Ledger;
  engine: Pick<Engine, "enqueue">;
  logger: Logger;
}

/**
 * Seals an import in which nothing is open any more, or moves it to attention; leaves any other as
 * it is.
 */
export async function seal(dependencies: SealDependencies, importId: string): Promise<void> {
  await withSpan("exhibit.seal", { "exhibit.import_id": importId }, async (span) => {
    const { ledger, logger } = dependencies;
    const status = await sealAndTell(dependencies, importId);
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

/** Seals an import, and rings for what is told of it: also when its totals are wrong. */
async function sealAndTell(
  dependencies: SealDependencies,
  importId: string,
): Promise<ImportStatus | undefined> {
  try {
    return await sealImport(dependencies.ledger, importId);
  } finally {
    await ringWebhooks(dependencies, { importId });
  }
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
