import { CST, Lexer } from "yaml";

/**
 * Limits for keys and values, and for their depth: a configuration has a few hundred, six levels
 * deep.
 */
const MAX_VALUES = 10_000;
const DEEPEST = 50;

/** A line that is refused before the parser sees it. */
export interface FaultyLine {
  line: number;
  reason: string;
}

/**
 * Checks a text for what would overload the parser: it takes minutes and gigabytes for 130 KB whose
 * aliases repeat a long list, quadratic time for many keys, and overflows the stack with deep
 * nesting.
 */
export function faultInForm(text: string): FaultyLine | undefined {
  let line = 1;
  let values = 0;
  let brackets = 0;
  let marksInLine = 0;
  let isContent = false;
  for (const token of new Lexer().lex(text)) {
    // The token after a scalar's mark is its text.
    const kind: string | null = isContent ? "content" : CST.tokenType(token);
    isContent = kind === "scalar";
    if (kind === "alias" || kind === "anchor") {
      return {
        line,
        reason: "aliases and anchors (* and &) aren't supported: write out the value",
      };
    }
    if (kind === "newline") marksInLine = 0;
    if (kind === "seq-item-ind" || kind === "explicit-key-ind") marksInLine += 1;
    if (kind === "flow-seq-start" || kind === "flow-map-start") brackets += 1;
    if (kind === "flow-seq-end" || kind === "flow-map-end") brackets -= 1;
    if (kind === "content" || kind?.endsWith("-scalar")) values += 1;
    if (brackets + marksInLine > DEEPEST) {
      return { line, reason: `values are nested more than ${DEEPEST} levels deep` };
    }
    if (values > MAX_VALUES) {
      return { line, reason: "there are more than 10,000 keys and values up to this line" };
    }
    line += token.split("\n").length - 1;
  }
  return undefined;
}
