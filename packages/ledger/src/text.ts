import { type RawBuilder, sql } from "kysely";

/** A text of somebody else's, as Postgres can keep it: it takes every character but NUL. */
export function storable(text: string): string {
  return text.replaceAll("\0", "");
}

/**
 * Selects a path so that it can be opened again. PGlite takes a U+FEFF at the beginning of a text for a byte order mark and
 * drops it; bytes come as they are. Read it by `pathOf`.
 */
export function pathBytes(column: string): RawBuilder<Uint8Array> {
  return sql<Uint8Array>`convert_to(${sql.ref(column)}, 'UTF8')`;
}

export function pathOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
