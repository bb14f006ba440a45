import type { Case, Goal } from "./cases.ts";
import { type Figure, type Figures, speedOf } from "./report.ts";

const WIDTH = 760;
const LINE = 18;
const ROW = 22;
const BAR = 16;
const LEFT = 150;
const MAX_BAR = WIDTH - LEFT - 110;

// These colours are readable on white and on black: the chart has no background.
const TEXT = "#7d8590";
const OTHERS = "#8c959f";
const GOAL = "#e8590c";
const colours: Record<string, string> = { exhibit: "#1098ad", "exhibit-embedded": "#66b3c0" };

/** Returns an SVG with bars by case, each case to its own scale, goals as strokes across Exhibit's bar, and `about` below. */
export function chart(
  cases: Record<string, Case>,
  figures: Figures,
  about: readonly string[],
): string {
  const parts: string[] = [];
  let y = 20;
  const write = (words: string, weight?: string) => {
    parts.push(text(10, y, words, weight));
    y += LINE;
  };
  for (const [name, each] of Object.entries(cases)) {
    const known = figures[name] ?? [];
    write(`${each.description} (${each.unit})`, "bold");
    if (each.goals) write(`Goal: ${each.goals.map((goal) => wordsOf(goal, each)).join(" and ")}`);
    parts.push(...bars(each, known, y - BAR / 2));
    y += known.length * ROW + LINE;
  }
  about.forEach((line) => {
    write(line);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="13">`,
    "<title>Exhibit beside other tools: how fast each sends the same files</title>",
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function bars(each: Case, figures: readonly Figure[], top: number): string[] {
  const goals = (each.goals ?? []).flatMap((goal) => goalSpeed(goal, each, figures) ?? []);
  const longest = Math.max(...figures.map((figure) => speedOf(each, figure)), ...goals);
  const widthOf = (speed: number) => Math.max(1, Math.round((speed / longest) * MAX_BAR));
  return figures.flatMap((figure, index) => {
    const y = top + index * ROW;
    const speed = speedOf(each, figure);
    const strokes = figure.name === "exhibit" ? goals : [];
    return [
      text(10, y + 13, figure.name),
      rect(LEFT, y, widthOf(speed), BAR, colours[figure.name] ?? OTHERS),
      ...strokes.map((goal) => rect(LEFT + widthOf(goal), y - 2, 3, BAR + 4, GOAL)),
      text(WIDTH - 10, y + 13, speed.toLocaleString("en"), "normal", "end"),
    ];
  });
}

/** Returns the speed of a goal; undefined if the contender wasn't measured. */
function goalSpeed(goal: Goal, each: Case, figures: readonly Figure[]): number | undefined {
  if ("speed" in goal) return goal.speed;
  const other = figures.find(({ name }) => name === goal.contender);
  return other && goal.times * speedOf(each, other);
}

function wordsOf(goal: Goal, { unit }: Case): string {
  if ("speed" in goal) return `${goal.speed.toLocaleString("en")} ${unit}`;
  return `${goal.times} × ${goal.contender}`;
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
}

function text(x: number, y: number, words: string, weight = "normal", anchor = "start"): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" font-weight="${weight}" text-anchor="${anchor}" fill="${TEXT}">${escaped}</text>`;
}
