import fc from "fast-check";
import { naughtyStrings } from "./naughty-strings.ts";

/** What is done to a value before it is sent. */
interface Change {
  readonly kind: "none" | "drop" | "retype" | "swell" | "naughty" | "name";
  /** Which part of the value, counted from its beginning; it wraps around. */
  readonly at: number;
  readonly text: string;
  readonly other: unknown;
}

const others: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  -(2 ** 63),
  2 ** 53 + 2,
  "",
  "x",
  [],
  {},
  [[]],
  [null],
  { a: { b: {} } },
];
const names = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "",
  "a.b",
  "0",
  "x".repeat(300),
];

/** A number of parts that is beyond every limit. */
const MANY = 20_000;
const DEEP = 2_000;

export const changes: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("none", "none", "drop", "retype", "swell", "naughty", "name"),
  at: fc.nat({ max: 1_000 }),
  text: fc.constantFrom(...naughtyStrings),
  other: fc.constantFrom(...others),
});

/** Returns a value with one of its parts changed. */
export function changed(value: unknown, { kind, at, text, other }: Change): unknown {
  if (kind === "none") return value;
  const parts = partsOf(value);
  const path = parts[at % parts.length] ?? [];
  return withPart(value, path, (part) => {
    if (kind === "drop") return path.length === 0 ? other : undefined;
    if (kind === "retype") return other;
    if (kind === "naughty") return text;
    if (kind === "swell") return swollen(part);
    const added = [names[at % names.length] ?? "", other];
    return Object.fromEntries([...entriesOf(part), added]);
  });
}

type Path = readonly (string | number)[];

/** Returns the paths of a value and of everything in it. */
function partsOf(value: unknown, path: Path = []): Path[] {
  const within = entriesOf(value).flatMap(([name, part]) => partsOf(part, [...path, name]));
  return [path, ...within];
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** `change` returns undefined to drop the part. */
function withPart(value: unknown, path: Path, change: (part: unknown) => unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change(value);
  const entries = entriesOf(value).flatMap(([key, part]) => {
    const now = key === name ? withPart(part, rest, change) : part;
    return now === undefined ? [] : [[key, now] as const];
  });
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}

function swollen(part: unknown): unknown {
  if (typeof part === "string") return (part || "x").repeat(MANY).slice(0, 10 * MANY);
  if (typeof part === "number") return 1e308;
  if (Array.isArray(part)) return Array.from({ length: MANY }, () => part[0] ?? null);
  if (typeof part === "object" && part !== null) {
    return Object.fromEntries(Array.from({ length: MANY }, (_, at) => [`k${at}`, "v"]));
  }
  let deep: unknown = part;
  for (let level = 0; level < DEEP; level += 1) deep = [deep];
  return deep;
}
