import type { SourceReader } from "@exhibit/sources";
import type { Intake } from "./intake.ts";

/**
 * Takes all entries of a source. If two files come to one key, the file whose path is the key gets
 * it, in whatever order they are found: the others are taken by a second walk. Files with slots
 * don't depend on an order.
 */
export async function takeAll(
  reader: SourceReader,
  intake: Pick<Intake, "take" | "rest" | "hasSlots">,
  signal: AbortSignal,
  onEntry: () => void,
): Promise<void> {
  let hasOthers = false;
  for await (const entry of reader.walk({ signal })) {
    onEntry();
    const keyPath = keyPathOf(entry.path, reader);
    if (intake.hasSlots || keyPath === entry.path) await intake.take(entry, keyPath);
    else hasOthers = true;
  }
  await intake.rest();
  if (!hasOthers) return;
  for await (const entry of reader.walk({ signal })) {
    onEntry();
    const keyPath = keyPathOf(entry.path, reader);
    if (keyPath !== entry.path) await intake.take(entry, keyPath);
  }
  await intake.rest();
}

/** Returns the path that an object's key is made of: the text of the file's path, normalised. */
function keyPathOf(path: string, reader: SourceReader): string {
  return reader.nameOf(path).normalize("NFC");
}
