import { isWrittenOut, shownPath } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { LedgerSchema } from "../schema.ts";
import { textArray } from "../sql/arrays.ts";
import type { PlannedFile, UnsendableEntry } from "./planned-file.ts";

/**
 * Separates the files whose key another file of the folder has: OSS would take the second for the
 * first with other bytes. A file whose name is the key goes before those whose names only normalise
 * to it; among those, the one that was found first gets the key. The owner keeps the key, whatever
 * becomes of the file.
 */
export async function separateKeyCollisions<File extends PlannedFile>(
  tx: Transaction<LedgerSchema>,
  folderId: number,
  files: readonly File[],
): Promise<{ single: File[]; collisions: UnsendableEntry[] }> {
  // A vendor that opens files one by one chooses their keys itself.
  const named = files.filter(({ slot }) => slot === undefined);
  const owners = await ownersOf(tx, folderId, named);
  const single = files.filter(({ slot }) => slot !== undefined);
  const collisions: UnsendableEntry[] = [];
  for (const file of [...named].sort(byRight)) {
    const owner = owners.get(normalOf(file)) ?? file.path;
    owners.set(normalOf(file), owner);
    if (owner === file.path) single.push(file);
    else collisions.push(collisionOf(file, owner));
  }
  return { single, collisions };
}

/** Returns the recorded files that own these files' keys, by normal path. */
async function ownersOf(
  tx: Transaction<LedgerSchema>,
  folderId: number,
  files: readonly PlannedFile[],
): Promise<Map<string, string>> {
  const isOwner = sql`owner.folder_id = ${folderId} and owner.shard_id is not null and owner.slot is null`;
  const different = files.flatMap(({ normal }) => normal ?? []);
  const { rows } = await sql<{ normal: string; path: string }>`
    select owner.normal, owner.path from unnest(${textArray(files.map(normalOf))}::text[]) as entry (normal)
      join files owner on owner.normal collate "C" = entry.normal and ${isOwner}
    union
    select owner.path, owner.path from unnest(${textArray(different)}::text[]) as entry (normal)
      join files owner on owner.path collate "C" = entry.normal and ${isOwner}`.execute(tx);
  return new Map(rows.map(({ normal, path }) => [normal, path]));
}

function normalOf({ normal, path }: PlannedFile): string {
  return normal ?? path;
}

function byRight(a: PlannedFile, b: PlannedFile): number {
  const rank = Number(a.normal !== undefined) - Number(b.normal !== undefined);
  if (rank !== 0 || a.normal === undefined) return rank;
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}

/** Returns the ledger's entry of a file whose key another one has. */
export function collisionOf({ path, normal }: PlannedFile, owner: string): UnsendableEntry {
  const message = `${quoted(path)} would get the key of ${quoted(owner)}: ${likenessOf(path, owner)}.`;
  return {
    state: "failed",
    path,
    code: "KEY_TAKEN",
    message,
    details: { key_of: isWrittenOut(owner) ? shownPath(owner) : owner },
    ...(normal !== undefined && { normal }),
  };
}

function quoted(path: string): string {
  return isWrittenOut(path) ? `"${shownPath(path)}"` : JSON.stringify(path);
}

function likenessOf(path: string, owner: string): string {
  if (isWrittenOut(path) || isWrittenOut(owner)) return "read as text, they are one name";
  const [here, there] = differenceOf(path, owner);
  return `the names differ only in their Unicode form (${here} here, ${there} there)`;
}

/** Returns the characters in which two names first differ, which people can't see. */
function differenceOf(one: string, other: string): [string, string] {
  const [a, b] = [[...one], [...other]];
  const start = a.findIndex((character, at) => character !== b[at]);
  const show = (characters: string[]) =>
    characters
      .slice(start, start + 2)
      .map(
        (character) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`,
      )
      .join(" ");
  return [show(a), show(b)];
}
