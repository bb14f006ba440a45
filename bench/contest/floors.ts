import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CaseRuns, median } from "./report.ts";

/** By case and by contender: how many times as fast as it Exhibit is at least, in `--quick`. */
export type Floors = Record<string, Record<string, number>>;

/** What a floor is below what was measured: a machine that has other work to do is no regression. */
const SLACK = 0.25;

/** No rivals: Exhibit itself, and what only shows what the sink can take. */
const NO_RIVALS = ["exhibit", "exhibit-embedded", "raw"];

const path = join(import.meta.dirname, "floors.json");

export async function readFloors(): Promise<Floors> {
  return JSON.parse(await readFile(path, "utf8")) as Floors;
}

/** What wasn't measured keeps its floor. */
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
 * Exhibit's speed to that of the others: the median of the ratios of runs that were beside each other, as what slows
 * the machine for a while slows both.
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

/** A sentence for each ratio that is below its floor. */
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

/** A sentence for each floor that nothing was measured for. */
export function leftOut(
  name: string,
  ratios: Record<string, number>,
  floors: Record<string, number> = {},
): string[] {
  return Object.keys(floors)
    .filter((contender) => ratios[contender] === undefined)
    .map((contender) => `${name}: exhibit wasn't compared with ${contender}, which wasn't there.`);
}
