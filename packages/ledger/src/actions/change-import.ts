import {
  type ChangeRequest,
  ExhibitError,
  isClosed,
  type Labels,
  MAX_LABELS,
  type Priority,
} from "@exhibit/contracts";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { isScheduled } from "../states.ts";
import { noImport } from "../work/check-import.ts";
import { unplannedFolders } from "../work/folders.ts";

interface Changeable {
  title: string | null;
  labels: Labels;
  priority: Priority;
  set_aside: boolean;
  start_at: string | null;
}

/** What the queue has to be told of a change. */
export interface Changed {
  priority: Priority;
  hasPriorityChanged: boolean;
  /** Whether it has waited for its start and needn't wait for anything any more. */
  mayStart: boolean;
  /** The folders that are to be walked, in the order of its request. */
  folderIds: number[];
}

/**
 * Changes what people may change of an import at any time, and records in the audit log what it was
 * before and is now. The caller tells the queue. Throws NOT_FOUND, STATE_CONFLICT, or
 * REQUEST_INVALID when there would be too many labels.
 */
export async function changeImport(
  { db, scope }: Ledger,
  importId: string,
  request: Omit<ChangeRequest, "why">,
  by: By,
): Promise<Changed> {
  return await db.transaction().execute(async (tx) => {
    const before = await tx
      .selectFrom("imports")
      .select(["title", "labels", "priority", "set_aside", "status", "start_at", "paused_at"])
      .select(isScheduled.as("isScheduled"))
      .where("id", "=", importId)
      .where(isWithin({ scope }))
      .forUpdate()
      .executeTakeFirst();
    if (!before) throw noImport(importId);
    const { status, paused_at, isScheduled: wasScheduled, ...row } = before;
    const current = { ...row, start_at: row.start_at?.toISOString() ?? null };
    const next = changed(current, request);
    const details = differences(current, next);
    if (Object.keys(details).length === 0) return unchanged(current.priority);
    const hasEnded = isClosed(status);
    if ("priority" in details && hasEnded)
      throw conflict(`Import ${importId} is ${status}: its priority means nothing any more.`);
    if (next.set_aside && !current.set_aside && !hasEnded)
      throw conflict(
        `Import ${importId} is neither sealed nor cancelled: only one that has ended can be set aside.`,
      );
    if ("start_at" in details && (hasEnded || !wasScheduled))
      throw conflict(
        `Import ${importId} ${hasEnded ? `is ${status}` : "has started"}: only one that waits for its start can be given another.`,
      );
    const { scheduled } = await tx
      .updateTable("imports")
      .set({ ...next, labels: JSON.stringify(next.labels) })
      .where("id", "=", importId)
      .returning(isScheduled.as("scheduled"))
      .executeTakeFirstOrThrow();
    await recordAuditEvent(tx, { importId, what: "change", by, details });
    const changes = {
      priority: next.priority,
      hasPriorityChanged: "priority" in details,
      mayStart: wasScheduled && !scheduled && paused_at === null,
    };
    const concernsQueue = changes.hasPriorityChanged || changes.mayStart;
    const folderIds = concernsQueue ? await unplannedFolders({ db: tx }, importId) : [];
    return { ...changes, folderIds };
  });
}

function unchanged(priority: Priority): Changed {
  return { priority, hasPriorityChanged: false, mayStart: false, folderIds: [] };
}

function changed(current: Changeable, request: Omit<ChangeRequest, "why">): Changeable {
  const { title = current.title, priority = current.priority } = request;
  const start_at =
    request.start_at === undefined
      ? current.start_at
      : request.start_at && new Date(request.start_at).toISOString();
  const { set_aside = current.set_aside, labels: given = {} } = request;
  const labels = Object.fromEntries(
    Object.entries({ ...current.labels, ...given }).flatMap(([key, value]) =>
      value === null ? [] : [[key, value]],
    ),
  );
  if (Object.keys(labels).length > MAX_LABELS)
    throw new ExhibitError(
      "REQUEST_INVALID",
      `labels: there are ${MAX_LABELS} labels at most, and it would have ${Object.keys(labels).length}. Remove some with null.`,
    );
  return { title, priority, set_aside, labels, start_at };
}

/** Returns what differs, as `from` and `to`, for the audit log. */
function differences(from: Changeable, to: Changeable): Record<string, unknown> {
  const { labels: oldLabels, ...old } = from;
  const plain = Object.entries(old).map(([name, value]) => [
    name,
    { from: value, to: to[name as keyof typeof old] },
  ]);
  const keys = new Set([...Object.keys(oldLabels), ...Object.keys(to.labels)]);
  const labels = [...keys].map((key) => [
    `label ${key}`,
    { from: oldLabels[key] ?? null, to: to.labels[key] ?? null },
  ]);
  return Object.fromEntries(
    ([...plain, ...labels] as [string, { from: unknown; to: unknown }][]).filter(
      ([, each]) => each.from !== each.to,
    ),
  );
}

function conflict(sentence: string): ExhibitError {
  return new ExhibitError("STATE_CONFLICT", sentence);
}
