import { createReadStream } from "node:fs";
import { StringDecoder } from "node:string_decoder";

/** Lines that are longer aren't read to their end: no list of ours has any, and memory stays flat. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

/**
 * Reads a file's lines, without their ends, which are LF alone. A last line without an end is one as
 * well. Throws the operating system's errors, and a RangeError for a line that is too long.
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const bytes of createReadStream(path)) {
    const lines = (rest + decoder.write(bytes as Buffer)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > MAX_LINE_CHARACTERS)
      throw new RangeError(`${path} has a line of more than ${MAX_LINE_CHARACTERS} characters`);
  }
  rest += decoder.end();
  if (rest !== "") yield rest;
}
