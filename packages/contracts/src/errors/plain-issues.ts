import type { z } from "zod";

type Issue = Parameters<z.core.$ZodErrorMap>[0];

/** zod's names of types in plain words. */
const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** With more choices than this, they aren't listed. */
const MAX_CHOICES = 12;

/** With more unknown keys than this, the others are only counted. */
const MAX_STRANGE_KEYS = 5;

/** Returns an issue as a line: the keys that lead to its place, if any, and what is wrong there. */
export function issueLine({ path, message }: Pick<z.core.$ZodIssue, "path" | "message">): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}

/**
 * Describes zod's issues in plain words: pass it to `safeParse` as `error`. Messages that a schema
 * has of its own are kept. No message contains a value, which may be a secret.
 */
export function plainIssue(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "it is missing";
      if (issue.input === null) return `it is null; ${kindOf(issue.expected)} is expected`;
      if (issue.expected === "string" && typeof issue.input === "number")
        return "a text is expected: put the number in quotes";
      return `${kindOf(issue.expected)} is expected`;
    case "invalid_value":
      if (issue.input === undefined) return "it is missing";
      return choiceOf(issue.values);
    case "invalid_union":
      return choiceOf("options" in issue ? issue.options : undefined);
    case "too_small":
      return sizeOf(issue.origin, Number(issue.minimum), "at least");
    case "too_big":
      return sizeOf(issue.origin, Number(issue.maximum), "at most");
    case "invalid_format":
      return "it has the wrong format";
    case "invalid_key":
      return issue.issues.map(({ message }) => `its name: ${message}`).join("; ");
    case "unrecognized_keys":
      return strangeKeys(issue.keys, keysOf(issue.inst));
    case "not_multiple_of":
    case "invalid_element":
    case "custom":
      return undefined;
  }
}

function kindOf(expected: string): string {
  return kinds[expected] ?? expected;
}

function choiceOf(values: unknown): string {
  if (!Array.isArray(values) || values.length > MAX_CHOICES) return "it isn't one of the choices";
  return `it must be ${values.map((value) => JSON.stringify(value)).join(" or ")}`;
}

function sizeOf(origin: string, bound: number, which: "at least" | "at most"): string {
  if (which === "at least" && bound === 1 && origin !== "number" && origin !== "int")
    return "it is empty";
  if (origin === "string") return `it must have ${which} ${counted(bound, "character")}`;
  if (origin === "array" || origin === "record")
    return `it must have ${which} ${counted(bound, "entry", "entries")}`;
  return `it must be ${which} ${bound.toLocaleString("en-US")}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** Names the first keys that nothing knows; whoever sends them chooses how many there are. */
function strangeKeys(keys: readonly string[], known: readonly string[]): string {
  const named = keys.slice(0, MAX_STRANGE_KEYS).map((key) => strangeKey(key, known));
  const more = keys.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more.toLocaleString("en-US")} more`] : [])].join("; ");
}

function strangeKey(key: string, known: readonly string[]): string {
  const shown = JSON.stringify(key.slice(0, 40));
  const meant = alike(key, known);
  return `there is no ${shown} here${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}

/** Returns the keys of an object's schema. */
function keysOf(schema: Issue["inst"]): string[] {
  const { shape = {} } = (schema?._zod.def ?? {}) as { shape?: object };
  return Object.keys(shape);
}

/** Returns the known word that is most similar to the given one, if it is similar enough. */
function alike(given: string, known: readonly string[]): string | undefined {
  const near = known
    .map((word) => ({ word, steps: stepsBetween(given.slice(0, 40).toLowerCase(), word) }))
    .filter(({ word, steps }) => steps <= Math.max(1, Math.floor(word.length * 0.4)));
  return near.sort((one, other) => one.steps - other.steps)[0]?.word;
}

/** Returns the Levenshtein distance of two words. */
function stepsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const change = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(change, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
