import {
  type ChangeRequest,
  ExhibitError,
  type Labels,
  MOST_LABELS,
  type Priority,
} from "@exhibit/contracts";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { noImport } from "../work/check-import.ts";

interface Changeable {
  title: string | null;
  labels: Labels;
  priority: Priority;
  set_aside: boolean;
}

/**
 * Changes what people may change of an import at any time, and records in the audit log what it was
 * before and is now. Returns its priority if that has changed: the caller tells the queue. Throws
 * NOT_FOUND, STATE_CONFLICT, or REQUEST_INVALID when there would be too many labels.
 */
export async function changeImport(
  { db, scope }: Ledger,
  importId: string,
  request: Omit<ChangeRequest, "why">,
  by: By,
): Promise<{ priority: Priority | undefined }> {
  return await db.transaction().execute(async (tx) => {
    const before = await tx
      .selectFrom("imports")
      .select(["title", "labels", "priority", "set_aside", "status"])
      .where("id", "=", importId)
      .where(isWithin({ scope }))
      .forUpdate()
      .executeTakeFirst();
    if (!before) throw noImport(importId);
    const { status, ...current } = before;
    const next = changed(current, request);
    const details = differences(current, next);
    if (Object.keys(details).length === 0) return { priority: undefined };
    const isClosed = status === "sealed" || status === "cancelled";
    if ("priority" in details && isClosed)
      throw conflict(`Import ${importId} is ${status}: its priority means nothing any more.`);
    if (next.set_aside && !current.set_aside && !isClosed)
      throw conflict(
        `Import ${importId} is neither sealed nor cancelled: only one that has ended can be set aside.`,
      );
    await tx
      .updateTable("imports")
      .set({ ...next, labels: JSON.stringify(next.labels) })
      .where("id", "=", importId)
      .execute();
    await recordAuditEvent(tx, { importId, what: "change", by, details });
    return { priority: "priority" in details ? next.priority : undefined };
  });
}

function changed(current: Changeable, request: Omit<ChangeRequest, "why">): Changeable {
  const { title = current.title, priority = current.priority } = request;
  const { set_aside = current.set_aside, labels: given = {} } = request;
  const labels = Object.fromEntries(
    Object.entries({ ...current.labels, ...given }).flatMap(([key, value]) =>
      value === null ? [] : [[key, value]],
    ),
  );
  if (Object.keys(labels).length > MOST_LABELS)
    throw new ExhibitError(
      "REQUEST_INVALID",
      `labels: there are ${MOST_LABELS} labels at most, and it would have ${Object.keys(labels).length}. Remove some with null.`,
    );
  return { title, priority, set_aside, labels };
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
