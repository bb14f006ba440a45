import { type ErrorCode, ExhibitError, type FileState, isKeepable } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import { shardsWith } from "../../sql/digests.ts";
import { shownPathIn } from "../../sql/text.ts";
import { cursor, type PageQuery } from "../paging.ts";

/** Which files are listed; everything that is given has to match. */
export interface FileQuery extends PageQuery {
  /** Files in one of these states; undefined for any. */
  state?: readonly FileState[] | undefined;
  code?: ErrorCode | undefined;
  folder_id?: string | undefined;
  /** How the path begins. */
  prefix?: string | undefined;
  /** A part of the path, in any case. */
  q?: string | undefined;
  /** 64 hexadecimal digits. */
  sha256?: string | undefined;
  /** The first path to list of each folder. */
  start?: string | undefined;
}

/** Paths in which not all names are UTF-8 have a form of their own, and lie together. */
const WRITTEN_OUT = "./";
const shown = shownPathIn("files");

/**
 * Returns SQL that selects a folder's files in the order of their paths, at most as many as the
 * query asks for. `folders` is the row of the folder, `after` a condition on `files`.
 */
export function filesOfFolder(
  query: FileQuery,
  after: RawBuilder<unknown>,
  most: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const { prefix } = query;
  const select = (range: RawBuilder<unknown>) => sql`
    (select * from files
      where folder_id = folders.id and ${after} and ${range} ${inQuery(query)}
      order by path collate "C" limit ${most})`;
  if (prefix === undefined) return select(sql`true`);
  // Each half is a range of the index, so that it ends where the prefix does.
  return sql`
    (select * from (
      ${select(sql`${beginsWith(WRITTEN_OUT)} and starts_with(${shown}, ${prefix})`)}
      union all
      ${select(sql`${beginsWith(prefix)} and not ${beginsWith(WRITTEN_OUT)}`)}
    ) as half order by path collate "C" limit ${most})`;
}

/** Returns a condition on the paths of `files`, as a range of their index. */
export function beginsWith(prefix: string): RawBuilder<boolean> {
  const end = endOf(prefix);
  return end === undefined
    ? sql`(files.path collate "C" >= ${prefix})`
    : sql`(files.path collate "C" >= ${prefix} and files.path collate "C" < ${end})`;
}

const LAST_CODE_POINT = 0x10_ffff;
const BEFORE_SURROGATES = 0xd7ff;
const AFTER_SURROGATES = 0xe000;

/** Returns the first text behind all that begin with a prefix; undefined if there is none. */
function endOf(prefix: string): string | undefined {
  const characters = [...prefix];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const code = last.codePointAt(0) ?? 0;
    if (code === LAST_CODE_POINT) continue;
    const next = code === BEFORE_SURROGATES ? AFTER_SURROGATES : code + 1;
    return characters.join("") + String.fromCodePoint(next);
  }
  return undefined;
}

/**
 * Returns the query's other conditions. Those that only files with an error fulfil name error_code, so
 * that Postgres uses the index of those few files.
 */
function inQuery({ state, code, q, sha256, start }: FileQuery): RawBuilder<unknown> {
  const digest = sha256 === undefined ? undefined : Buffer.from(sha256, "hex");
  const conditions = [
    state !== undefined && sql`and state = any(${state}::text[])`,
    state?.every((each) => each === "failed" || each === "waived") === true &&
      sql`and error_code is not null`,
    code !== undefined && sql`and error_code = ${code}`,
    q !== undefined && sql`and strpos(lower(${shown}), lower(${q})) > 0`,
    digest !== undefined && sql`and sha256 = ${digest} and shard_id in (${shardsWith(digest)})`,
    start !== undefined && sql`and path collate "C" >= ${start}`,
  ].filter((condition) => condition !== false);
  return conditions.length === 0 ? sql`` : sql.join(conditions, sql` `);
}

/** What a folder counts of each state. */
const counted = {
  planned: sql`(folders.files - folders.stored - folders.identical - folders.failed - folders.waived)`,
  stored: sql`folders.stored`,
  identical: sql`folders.identical`,
  failed: sql`folders.failed`,
  waived: sql`folders.waived`,
  skipped: sql`folders.skipped`,
} satisfies Record<FileState, RawBuilder<unknown>>;

/**
 * Returns SQL for how many files of a folder are in the query's states, as its counters say in the
 * same moment: a state that nobody has needs no search, and a search ends with the last that is there.
 */
export function mostOf({ state }: FileQuery): RawBuilder<unknown> {
  if (state === undefined) return sql`(folders.files + folders.skipped)`;
  const states = [...new Set(state)];
  return sql`(${sql.join(
    states.map((each) => counted[each]),
    sql` + `,
  )})`;
}

export function folderNumberOf({ folder_id }: FileQuery): number | null {
  return folder_id === undefined ? null : Number(cursor(folder_id, /^\d{1,15}$/, "folder_id"));
}

/** Returns where a page of files begins: behind this path of this folder. */
export function fileCursor(after: string | undefined): [folder: number, path: string] {
  if (after === undefined) return [0, ""];
  try {
    const value: unknown = JSON.parse(Buffer.from(after, "base64url").toString());
    const [folder, path] = Array.isArray(value) ? value : [];
    if (Number.isSafeInteger(folder) && typeof path === "string" && isKeepable(path)) {
      return [folder, path];
    }
  } catch {
    // Not a cursor of ours: thrown below.
  }
  throw new ExhibitError("REQUEST_INVALID", `after: "${after}" isn't a value from this list.`);
}
