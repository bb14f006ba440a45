import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CaseRuns, median } from "./report.ts";

/** By case and contender: how many times as fast as the contender Exhibit is at least, in a quick run. */
export type Floors = Record<string, Record<string, number>>;

/** A floor lies below the measured ratio by this part: other work on the machine is no regression. */
const SLACK = 0.25;

/** Contenders without a ratio: Exhibit itself, and the one that shows what the sink can take. */
const NO_RIVALS = ["exhibit", "exhibit-embedded", "raw"];

const path = join(import.meta.dirname, "floors.json");

export async function readFloors(): Promise<Floors> {
  return JSON.parse(await readFile(path, "utf8")) as Floors;
}

/** Writes the floors of measured ratios; the others stay. */
export async function writeFloors(measured: Floors): Promise<void> {
  const floors = await readFloors();
  for (const [name, ratios] of Object.entries(measured))
    floors[name] = { ...floors[name], ...floorsBelow(ratios) };
  await writeFile(path, `${JSON.stringify(floors, undefined, 2)}\n`);
}

export function floorsBelow(ratios: Record<string, number>): Record<string, number> {
  const floorBelow = (ratio: number) => Number((ratio * (1 - SLACK)).toFixed(2));
  return Object.fromEntries(
    Object.entries(ratios).map(([name, ratio]) => [name, floorBelow(ratio)]),
  );
}

/**
 * Returns the ratio of Exhibit's speed to each contender's: the median over pairs of neighbouring
 * runs, because whatever slows the machine for a while slows both.
 */
export function ratiosOf({ runs }: CaseRuns): Record<string, number> {
  const { exhibit = [] } = runs;
  return Object.fromEntries(
    Object.entries(runs)
      .filter(([name]) => !NO_RIVALS.includes(name))
      .map(([name, others]) => {
        const ratios = exhibit.flatMap(({ seconds }, round) => {
          const other = others[round];
          return other ? other.seconds / seconds : [];
        });
        return [name, median(ratios)];
      }),
  );
}

/** Returns a sentence for each ratio below its floor. */
export function shortfalls(
  name: string,
  ratios: Record<string, number>,
  floors: Record<string, number> = {},
): string[] {
  return Object.entries(floors).flatMap(([contender, floor]) => {
    const ratio = ratios[contender];
    if (ratio === undefined || ratio >= floor) return [];
    return `${name}: exhibit was ${ratio.toFixed(2)} × as fast as ${contender}, and is to be ${floor} × at least.`;
  });
}

/** Returns a sentence for each floor whose contender wasn't measured. */
export function leftOut(
  name: string,
  ratios: Record<string, number>,
  floors: Record<string, number> = {},
): string[] {
  return Object.keys(floors)
    .filter((contender) => ratios[contender] === undefined)
    .map((contender) => `${name}: exhibit wasn't compared with ${contender}, which wasn't there.`);
}
