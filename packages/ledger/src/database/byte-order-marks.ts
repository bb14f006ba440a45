import type { PGlite } from "@electric-sql/pglite";

/** The character that PGlite drops from the beginning of a text, in UTF-8. */
const MARK = Buffer.from("\ufeff");

/**
 * Makes a PGlite return every text unchanged. By itself it takes a U+FEFF at the beginning of a
 * text for a byte order mark and drops it; two files whose names differ only in that would become
 * one, listed twice.
 */
export function keepByteOrderMarks(pglite: PGlite): PGlite {
  const answer = pglite.execProtocolStream.bind(pglite);
  // All queries use this method. The other one returns the bytes, too; nearly no result has such a
  // mark.
  pglite.execProtocolStream = (message, options) =>
    giveRows.has(message[0])
      ? rowsOf(pglite.execProtocol(message, options))
      : answer(message, options);
  return pglite;
}

/** The kinds of messages that are answered with rows: Execute and Query. */
const giveRows = new Set<number | undefined>(Array.from("EQ", (kind) => kind.charCodeAt(0)));

async function rowsOf(asked: ReturnType<PGlite["execProtocol"]>) {
  const { messages, data } = await asked;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.includes(MARK)) putBack(messages, bytes);
  return messages;
}

/** A message of the protocol, as PGlite has parsed it. */
interface Message {
  name: string;
  /** The columns of a row. */
  fields?: (string | null)[];
}

/** The kind of a message that is a row. */
const ROW = "D".charCodeAt(0);

/**
 * Puts the marks back. Each message has its kind, its length from there on, and its content (see
 * "Message Formats" in PostgreSQL's documentation).
 */
function putBack(messages: readonly Message[], bytes: Buffer): void {
  const rows = messages.filter(({ name }) => name === "dataRow").values();
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    if (bytes[at] !== ROW) continue;
    const fields = rows.next().value?.fields ?? [];
    let field = at + 7;
    for (const [index, text] of fields.entries()) {
      const length = Math.max(0, bytes.readInt32BE(field));
      const start = field + 4;
      const isMarked = bytes.subarray(start, start + length).indexOf(MARK) === 0;
      if (isMarked) fields[index] = `\ufeff${text}`;
      field = start + length;
    }
  }
}
