import { type AuditAction, type Selection, UNNAMED_ACTOR } from "@exhibit/contracts";
import type { Transaction } from "kysely";
import { recordKeyedRequest } from "../idempotency/keyed-request.ts";
import type { LedgerSchema } from "../schema.ts";
import { storable } from "../sql/text.ts";

/** Who acts, and why. */
export interface By {
  who: string;
  why?: string | undefined;
}

export const unnamed: By = { who: UNNAMED_ACTOR };

/** Returns the reason as a column takes it; null where none was given. */
export function storableWhy({ why }: By): string | null {
  return why === undefined ? null : storable(why);
}

/** Who does what nobody asked for, such as sealing, in the audit log and in the register. */
export const ITSELF = "exhibit";

/**
 * Adds an event to the audit log, in the transaction of the act itself: neither is there without
 * the other. So is the request's Idempotency-Key, if it has one. Returns the event's id.
 */
export async function recordAuditEvent(
  tx: Transaction<LedgerSchema>,
  act: ({ importId: string } | { vendor: string } | { subject: string }) & {
    what: AuditAction;
    by: By;
    selection?: Selection;
    files?: number;
    details?: Record<string, unknown>;
  },
): Promise<string> {
  const { what, by, selection, files, details } = act;
  const [fileId, ...others] = selection?.file_ids ?? [];
  const { id } = await tx
    .insertInto("acts")
    .values({
      import_id: "importId" in act ? act.importId : null,
      vendor: "vendor" in act ? act.vendor : null,
      subject: "subject" in act ? act.subject : null,
      who: storable(by.who),
      what,
      why: storableWhy(by),
      folder_id: selection?.folder_id === undefined ? null : Number(selection.folder_id),
      file_id: fileId === undefined || others.length > 0 ? null : Number(fileId),
      code: selection?.code ?? null,
      files: files ?? null,
      details: details === undefined ? null : JSON.stringify(details),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await recordKeyedRequest(tx, "importId" in act ? act.importId : null);
  return String(id);
}
