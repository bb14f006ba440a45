import { InvalidArgumentError } from "commander";

/** For an option that may be given again and again: all its values, in their order. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** The same for `key=value`. */
export function collectPair(
  value: string,
  before: Record<string, string> | undefined,
): Record<string, string> {
  const at = value.indexOf("=");
  if (at < 1 || at === value.length - 1) throw new InvalidArgumentError("It has to be key=value.");
  const key = value.slice(0, at);
  if (before !== undefined && Object.hasOwn(before, key))
    throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...before, [key]: value.slice(at + 1) };
}
