import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import type { Block, ReportText } from "./blocks.ts";
import { wordsOf } from "./words.ts";

type Document = InstanceType<typeof import("pdfkit")>;

/** Of A4, in points. */
const MARGIN = 50;
const FOOT = 30;

const INK = "#16202a";
const PALE = "#4a5763";
const LINE = "#d5dbe0";

const CELL = { size: 8.5, gap: 6, above: 3, below: 4 } as const;

/** Characters of one cell at most, so that a row has room on a page; the lists have the whole text. */
const MAX_CELL = 600;

/**
 * Returns a report as a PDF that has its font with it. The library and the font, which take a second,
 * are loaded when they are needed first. A character that the font lacks is written as its number.
 */
export async function reportPdf(report: ReportText): Promise<Buffer> {
  const [{ default: PDFDocument }, font] = await Promise.all([import("pdfkit"), readFont()]);
  const doc = new PDFDocument({
    ...{ size: "A4", margin: MARGIN, bufferPages: true, lang: report.language },
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: MARGIN + FOOT },
    info: {
      Title: `${report.title} · ${report.subtitle}`,
      Producer: "Exhibit",
      Creator: "Exhibit",
    },
  });
  const parts: Buffer[] = [];
  doc.on("data", (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve) => doc.once("end", resolve));
  doc.registerFont("text", font);
  doc.font("text");
  writeReport(new Page(doc), report);
  doc.end();
  await ended;
  return Buffer.concat(parts);
}

async function readFont(): Promise<Buffer> {
  const packed = await readFile(new URL("../fonts/NotoSansSC-Regular.ttf.br", import.meta.url));
  return await promisify(brotliDecompress)(packed);
}

function writeReport(page: Page, { title, subtitle, sections, foot, language }: ReportText): void {
  page.title(title, subtitle);
  for (const { heading, blocks } of sections) {
    page.heading(heading);
    for (const block of blocks) page.block(block);
  }
  page.feet(foot, wordsOf[language].page);
}

/** Writes blocks one below the other, on as many pages as they take. */
class Page {
  readonly #doc: Document;
  readonly #known: (codePoint: number) => boolean;

  constructor(doc: Document) {
    this.#doc = doc;
    const { font } = (doc as unknown as { _font: { font: FontKitFont } })._font;
    this.#known = (codePoint) => font.hasGlyphForCodePoint(codePoint);
  }

  get #width(): number {
    return this.#doc.page.width - 2 * MARGIN;
  }

  get #bottom(): number {
    return this.#doc.page.height - MARGIN - FOOT;
  }

  title(title: string, subtitle: string): void {
    this.#text(title, { size: 22, color: INK });
    this.#doc.y += 4;
    this.#text(subtitle, { size: 10, color: PALE });
    this.#doc.y += 8;
    this.#rule(INK, 1.2);
    this.#doc.y += 6;
  }

  heading(text: string): void {
    this.#doc.y += 14;
    // A heading isn't left alone at the end of a page.
    this.#room(110);
    this.#text(text, { size: 13, color: INK });
    this.#doc.y += 5;
  }

  block(block: Block): void {
    if (block.kind === "text") {
      this.#room(14);
      this.#text(block.text, { size: 9.5, color: INK });
      this.#doc.y += 5;
    } else if (block.kind === "facts") {
      for (const [name, value] of block.rows) this.#row([name, value], [30, 70], [PALE, INK]);
      this.#doc.y += 6;
    } else if (block.kind === "commands") {
      // Commands stand together, so that they can be copied at once.
      this.#room(block.lines.length * 28);
      for (const line of block.lines) this.#command(line);
    } else this.#table(block);
  }

  /** Writes the foot of each page, when it is known how many there are. */
  feet(text: string, pageOf: (page: number, pages: number) => string): void {
    const { count } = this.#doc.bufferedPageRange();
    for (let index = 0; index < count; index += 1) {
      this.#doc.switchToPage(index);
      // Text below the margin would begin a page.
      this.#doc.page.margins.bottom = 0;
      const y = this.#doc.page.height - MARGIN;
      this.#doc.fontSize(8).fillColor(PALE);
      this.#doc.text(this.#written(text), MARGIN, y, { lineBreak: false });
      const number = pageOf(index + 1, count);
      const width = this.#doc.widthOfString(number);
      this.#doc.text(number, MARGIN + this.#width - width, y, { lineBreak: false });
    }
  }

  #table({ columns, rows }: Block & { kind: "table" }): void {
    const widths = columns.map(({ width }) => width);
    const head = () => {
      const colors = columns.map(() => PALE);
      this.#row(
        columns.map(({ name }) => name),
        widths,
        colors,
      );
    };
    this.#room(50);
    head();
    for (const row of rows) {
      const height = this.#heightOf(row, widths);
      if (this.#room(height)) head();
      this.#row(
        row,
        widths,
        row.map(() => INK),
      );
    }
    this.#doc.y += 6;
  }

  /** Writes cells side by side, and a line below them. */
  #row(cells: readonly string[], widths: readonly number[], colors: readonly string[]): void {
    const height = this.#heightOf(cells, widths);
    this.#room(height);
    const top = this.#doc.y;
    let x = MARGIN;
    for (const [index, cell] of cells.entries()) {
      const width = this.#widthOf(widths[index] ?? 0);
      this.#doc.fontSize(CELL.size).fillColor(colors[index] ?? INK);
      this.#doc.text(this.#cell(cell), x, top + CELL.above, {
        width: width - CELL.gap,
        lineGap: 1,
      });
      x += width;
    }
    this.#doc.x = MARGIN;
    this.#doc.y = top + height;
    this.#rule(LINE, 0.5);
  }

  #heightOf(cells: readonly string[], widths: readonly number[]): number {
    this.#doc.fontSize(CELL.size);
    const heights = cells.map((cell, index) =>
      this.#doc.heightOfString(this.#cell(cell), {
        width: this.#widthOf(widths[index] ?? 0) - CELL.gap,
        lineGap: 1,
      }),
    );
    return Math.max(...heights) + CELL.above + CELL.below;
  }

  #widthOf(share: number): number {
    return (this.#width * share) / 100;
  }

  #command(line: string): void {
    const options = { width: this.#width - 16, lineGap: 1 };
    this.#doc.fontSize(8.5);
    const height = this.#doc.heightOfString(this.#written(line), options) + 4;
    this.#room(height);
    const top = this.#doc.y;
    this.#doc.rect(MARGIN, top, this.#width, height).fill("#f2f4f6");
    this.#doc.fillColor(INK).text(this.#written(line), MARGIN + 8, top + 1, options);
    this.#doc.x = MARGIN;
    this.#doc.y = top + height;
  }

  #text(text: string, { size, color }: { size: number; color: string }): void {
    this.#doc.fontSize(size).fillColor(color);
    this.#doc.text(this.#written(text), MARGIN, this.#doc.y, { width: this.#width, lineGap: 1.5 });
  }

  #rule(color: string, width: number): void {
    const { y } = this.#doc;
    this.#doc
      .moveTo(MARGIN, y)
      .lineTo(MARGIN + this.#width, y)
      .lineWidth(width)
      .stroke(color);
  }

  /** Begins a page if there isn't as much room, in points, on this one. Returns whether it did. */
  #room(height: number): boolean {
    if (this.#doc.y + height <= this.#bottom) return false;
    this.#doc.addPage();
    return true;
  }

  #cell(text: string): string {
    const characters = Array.from(text);
    return this.#written(
      characters.length <= MAX_CELL ? text : `${characters.slice(0, MAX_CELL).join("")} …`,
    );
  }

  /** Returns a text with numbers in place of characters that the font lacks: none is dropped. */
  #written(text: string): string {
    return Array.from(text, (character) => {
      const codePoint = character.codePointAt(0) ?? 0;
      if (this.#known(codePoint)) return character;
      return `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
    }).join("");
  }
}

interface FontKitFont {
  hasGlyphForCodePoint(codePoint: number): boolean;
}
