import { InvalidArgumentError } from "commander";

/** Collects the values of an option that may be repeated, in their order. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Collects the `key=value` pairs of an option that may be repeated. */
export function collectPair(
  value: string,
  before: Record<string, string> | undefined,
): Record<string, string> {
  const at = value.indexOf("=");
  if (at < 1 || at === value.length - 1) throw new InvalidArgumentError("It must be key=value.");
  const key = value.slice(0, at);
  if (before !== undefined && Object.hasOwn(before, key))
    throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...before, [key]: value.slice(at + 1) };
}
