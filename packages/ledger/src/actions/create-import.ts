import { randomBytes } from "node:crypto";
import { ExhibitError, everything, type ImportRequest, type Principal } from "@exhibit/contracts";
import type { Transaction } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { type By, recordAuditEvent, unnamed } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { isWithin } from "../scope.ts";
import { isScheduled } from "../states.ts";
import { callbackIn, type NewEndpoint } from "../webhooks/endpoints.ts";
import { tellOfCreation } from "../webhooks/outbox.ts";
import { noImport } from "../work/check-import.ts";

/** Where an import's own events go, and whose webhook that is. */
export interface Callback {
  readonly endpoint: NewEndpoint;
  readonly owner: Principal;
}

/**
 * Creates an import and its folders; planning will count their files, at once unless `isScheduled`. The roots of the ledger's
 * scope are kept with it, so that its sources are read within them. Throws SERVICE_UNREACHABLE
 * with `details.import_id` when the database's answer was lost: then the import may exist. Throws
 * NOT_FOUND and STATE_CONFLICT for an import that can't be amended.
 */
export async function createImport(
  ledger: Ledger,
  request: ImportRequest,
  by: By = unnamed,
  callback?: Callback,
): Promise<{ importId: string; folderIds: number[]; isScheduled: boolean }> {
  const { db, scope = everything } = ledger;
  const importId = uuidv7();
  let isWritten = false;
  const work = db.transaction().execute(async (tx) => {
    if (request.amends !== undefined) await checkAmended(tx, ledger, request.amends);
    const callbackId = callback && (await callbackIn(tx, callback.endpoint, callback.owner, by));
    const created = await tx
      .insertInto("imports")
      .values({
        id: importId,
        callback_id: callbackId ?? null,
        entrust_id: request.entrust_id ?? null,
        suit_ids: request.suit_ids,
        open_folders: request.folders.length,
        custody_secret: randomBytes(32),
        title: request.title ?? null,
        ...(request.labels && { labels: JSON.stringify(request.labels) }),
        ...(request.priority && { priority: request.priority }),
        source_limits: scope.roots === "all" ? null : scope.roots,
        start_at: request.start_at ?? null,
        amends: request.amends ?? null,
      })
      .returning(isScheduled.as("isScheduled"))
      .executeTakeFirstOrThrow();
    const folders = await tx
      .insertInto("folders")
      .values(
        request.folders.map((folder, position) => ({
          import_id: importId,
          position,
          vendor: folder.vendor,
          selector: JSON.stringify(folder.folder),
          source: JSON.stringify(folder.source),
        })),
      )
      .returning("id")
      .execute();
    await recordAuditEvent(tx, { importId, what: "create", by });
    await tellOfCreation(tx, importId);
    isWritten = true;
    return { ...created, importId, folderIds: folders.map(({ id }) => id) };
  });
  try {
    return await work;
  } catch (thrown) {
    throw isWritten ? perhapsCreated(importId, thrown) : thrown;
  }
}

/** Checks that an import has a seal that another one can name: a seal never changes any more. */
async function checkAmended(
  tx: Transaction<LedgerSchema>,
  ledger: Ledger,
  amended: string,
): Promise<void> {
  const found = await tx
    .selectFrom("imports")
    .select("sealed_number")
    .where("id", "=", amended)
    .where(isWithin(ledger))
    .executeTakeFirst();
  if (found === undefined) throw noImport(amended);
  if (found.sealed_number !== null) return;
  throw new ExhibitError(
    "STATE_CONFLICT",
    `Import ${amended} has no seal yet, so there is nothing to amend: retry it, or import the folder without \`amends\`.`,
  );
}

/**
 * Adds to an error that the import may exist: whoever sends the request again without looking would
 * have it twice.
 */
export function perhapsCreated(importId: string, thrown: unknown): unknown {
  if (!(thrown instanceof ExhibitError)) return thrown;
  const { code, message } = thrown;
  const sentence = `${message}. Import ${importId} may have been created all the same: look for it before you send this again.`;
  return new ExhibitError(code, sentence, { cause: thrown, details: { import_id: importId } });
}
