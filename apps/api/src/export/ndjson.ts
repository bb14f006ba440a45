import { createHash } from "node:crypto";
import type { FileView } from "@exhibit/contracts";

/**
 * Yields files as lines of JSON, a page at a time, and a last line by which a list that was cut short
 * is told from a whole one: the number of files, and the SHA-256 of all bytes before that line.
 */
export async function* ndjsonOf(pages: AsyncIterable<FileView[]>): AsyncGenerator<string> {
  const digest = createHash("sha256");
  let files = 0;
  for await (const page of pages) {
    if (page.length === 0) continue;
    const text = page.map((file) => `${JSON.stringify(file)}\n`).join("");
    digest.update(text);
    files += page.length;
    yield text;
  }
  yield `${JSON.stringify({ end: true, files, sha256: digest.digest("hex") })}\n`;
}
