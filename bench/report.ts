import type { Case } from "./cases.ts";
import type { Usage } from "./measure.ts";

/** What a contender did in a case: the medians of its runs. */
export interface Figure extends Usage {
  name: string;
  files: number;
  bytes: number;
}

export type Figures = Record<string, Figure[]>;

const MB = 1e6;

export function medianOf(usages: readonly Usage[]): Usage {
  const of = (pick: (usage: Usage) => number) => {
    const sorted = usages.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  return {
    seconds: of((usage) => usage.seconds),
    cpuSeconds: of((usage) => usage.cpuSeconds),
    peak: of((usage) => usage.peak),
  };
}

export function speedOf({ unit }: Case, { files, bytes, seconds }: Figure): number {
  return Math.round((unit === "files/s" ? files : bytes / MB) / seconds);
}

/** `{"small": {"exhibit": 8000, …}}`, each in its case's unit. */
export function speedsOf(
  cases: Record<string, Case>,
  figures: Figures,
): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(cases).map(([name, each]) => [
      name,
      Object.fromEntries(
        (figures[name] ?? []).map((figure) => [figure.name, speedOf(each, figure)]),
      ),
    ]),
  );
}

export function table(each: Case, figures: readonly Figure[]): string {
  const first = figures[0] ? speedOf(each, figures[0]) : 0;
  const rows = figures.map((figure) => {
    const speed = speedOf(each, figure);
    return [
      figure.name.padEnd(18),
      `${speed.toLocaleString("en")} ${each.unit}`.padStart(15),
      `${(first / speed).toFixed(2)} ×`.padStart(8),
      `${figure.cpuSeconds.toFixed(2)} s of CPU`.padStart(16),
      `${Math.round(figure.peak / MB)} MB`.padStart(8),
    ].join(" ");
  });
  return rows.map((row) => `  ${row}`).join("\n");
}

const BAR = 22;
const LEFT = 150;
const WIDTH = 760;
const colours: Record<string, string> = { exhibit: "#0b7285", "exhibit-embedded": "#66a9b5" };

/** Bars by case, each case to its own scale. */
export function chart(cases: Record<string, Case>, figures: Figures): string {
  const parts: string[] = [];
  let y = 10;
  for (const [name, each] of Object.entries(cases)) {
    const known = figures[name] ?? [];
    const longest = Math.max(...known.map((figure) => speedOf(each, figure)));
    parts.push(text(10, y + 16, each.description, "bold"));
    y += 26;
    for (const figure of known) {
      const speed = speedOf(each, figure);
      const width = Math.max(1, Math.round((speed / longest) * (WIDTH - LEFT - 140)));
      const colour = colours[figure.name] ?? "#adb5bd";
      parts.push(text(10, y + 15, figure.name));
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR - 4}" fill="${colour}"/>`,
      );
      parts.push(text(LEFT + width + 6, y + 15, `${speed.toLocaleString("en")} ${each.unit}`));
      y += BAR;
    }
    y += 14;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function text(x: number, y: number, words: string, weight = "normal"): string {
  return `<text x="${x}" y="${y}" font-weight="${weight}" fill="#212529">${words}</text>`;
}
