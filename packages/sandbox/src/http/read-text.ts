import type { IncomingMessage } from "node:http";

/** The largest body that is read into memory whole: a form, a JSON document or a list of parts. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** Reads a request's body as UTF-8. Throws what `tooLarge` returns when the body is larger than 4 MiB. */
export async function readText(request: IncomingMessage, tooLarge: () => Error): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_TEXT_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
