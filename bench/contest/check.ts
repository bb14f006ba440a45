import { type Floors, leftOut, readFloors, shortfalls } from "./floors.ts";

/**
 * Compares ratios with their floors, reports the result, and returns whether all are reached. A case
 * that falls short is measured again, because other work on the machine may have hit one side only;
 * it fails if it falls short the second time, too.
 */
export async function checkRatios(
  ratios: Floors,
  again: (name: string) => Promise<Record<string, number>>,
  say: (sentence: string) => void,
  floors?: Floors,
): Promise<boolean> {
  const floorsOf = floors ?? (await readFloors());
  const found: string[] = [];
  for (const [name, measured] of Object.entries(ratios)) {
    leftOut(name, measured, floorsOf[name]).forEach(say);
    const first = shortfalls(name, measured, floorsOf[name]);
    if (first.length === 0) continue;
    say([...first, "It is measured again."].join("\n"));
    found.push(...shortfalls(name, better(measured, await again(name)), floorsOf[name]));
  }
  if (found.length === 0) {
    say("Exhibit keeps its distance to the others (bench/contest/floors.json).");
    return true;
  }
  say(
    [
      "Exhibit has become slower than bench/contest/floors.json allows, twice in a row:",
      ...found,
      "Look at the case alone with `npm run bench -- --quick --case NAME`, and at the commit before; docs/performance.md tells how to profile.",
      "If the reason is good: `npm run bench -- --quick --write-floors`.",
    ].join("\n"),
  );
  return false;
}

function better(
  first: Record<string, number>,
  second: Record<string, number>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(first).map(([name, ratio]) => [name, Math.max(ratio, second[name] ?? 0)]),
  );
}
