import { labelText } from "@exhibit/contracts";
import { InvalidArgumentError } from "commander";
import { badUse } from "../../output/exit-codes.ts";

/** Reads a label that may be repeated, `key:value`, and collects it with those before. */
export function collectLabel(text: string, before: string[] | undefined): string[] {
  readLabel(text);
  return [...(before ?? []), text];
}

/** Returns labels by their keys. Throws REQUEST_INVALID (bad use) for a key that is given twice. */
export function labelsOf(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map(readLabel);
  const labels = Object.fromEntries(pairs);
  if (Object.keys(labels).length < pairs.length) throw badUse("A label's key is given twice.");
  return labels;
}

function readLabel(text: string): [string, string] {
  const read = labelText.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError("It must be key:value.");
}
