import type { SafeResponse } from "./exchange.ts";

/** Reads the beginning of an answer, and no more: the connection is closed then. */
export async function bytesAtMost(
  { body }: Pick<SafeResponse, "body">,
  most: number,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(part.subarray(0, most - length));
    length += part.length;
    if (length >= most) break;
  }
  return Buffer.concat(parts);
}
