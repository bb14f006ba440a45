import { inflateSync } from "node:zlib";

/** A stream of a PDF, behind the dictionary that says how long it is. */
const STREAM = /\/Length (\d+)(?:(?!endobj).)*?\bstream\r?\n/gs;

/**
 * Returns the text of a PDF in the order in which it was written, with a line for each that is drawn. It
 * reads what our reports are: one font, whose glyphs have two bytes and a table of the characters that
 * they stand for.
 */
export function pdfText(pdf: Buffer): string {
  const streams = [...streamsOf(pdf)];
  const table = streams.find((text) => text.includes("beginbfrange")) ?? "";
  const characters = [...table.matchAll(/\[(<.*?>)\]/gs)].flatMap(([, row = ""]) =>
    [...row.matchAll(/<([^>]*)>/g)].map(([, hex = ""]) => textOfHex(hex.replaceAll(" ", ""))),
  );
  const drawn = streams.flatMap((text) => [...text.matchAll(/\[([^\]]*)\] TJ/g)]);
  return drawn
    .map(([, line = ""]) =>
      glyphsOf(line)
        .map((glyph) => characters[glyph])
        .join(""),
    )
    .join("\n");
}

function* streamsOf(pdf: Buffer): Generator<string> {
  const text = pdf.toString("latin1");
  for (const found of text.matchAll(STREAM)) {
    const start = found.index + found[0].length;
    const bytes = pdf.subarray(start, start + Number(found[1]));
    yield (found[0].includes("/FlateDecode") ? inflateSync(bytes) : bytes).toString("latin1");
  }
}

function glyphsOf(line: string): number[] {
  const hex = [...line.matchAll(/<([0-9a-f]*)>/g)].map(([, glyphs = ""]) => glyphs).join("");
  return (hex.match(/.{4}/g) ?? []).map((glyph) => Number.parseInt(glyph, 16));
}

/** UTF-16, as PDF has it. */
function textOfHex(hex: string): string {
  return Buffer.from(hex, "hex").swap16().toString("utf16le");
}
