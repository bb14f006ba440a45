import { CST, Lexer } from "yaml";

/** Keys and values, and how deep they may lie in each other: a configuration has some hundred, six deep. */
const MOST_VALUES = 10_000;
const DEEPEST = 50;

/** What a line of a configuration has that is refused before the parser sees it. */
export interface StrangeForm {
  line: number;
  reason: string;
}

/**
 * Looks through the text alone for what would keep the parser busy: it takes minutes and gigabytes for 130 KB whose aliases
 * repeat a long list, the square of their number for keys, and the stack for brackets in brackets.
 */
export function faultInForm(text: string): StrangeForm | undefined {
  let line = 1;
  let values = 0;
  let brackets = 0;
  let marksInLine = 0;
  let isContent = false;
  for (const token of new Lexer().lex(text)) {
    // The token behind a scalar's mark is its text.
    const kind: string | null = isContent ? "content" : CST.tokenType(token);
    isContent = kind === "scalar";
    if (kind === "alias" || kind === "anchor") {
      return { line, reason: "aliases and anchors (* and &) aren't taken: write the value out" };
    }
    if (kind === "newline") marksInLine = 0;
    if (kind === "seq-item-ind" || kind === "explicit-key-ind") marksInLine += 1;
    if (kind === "flow-seq-start" || kind === "flow-map-start") brackets += 1;
    if (kind === "flow-seq-end" || kind === "flow-map-end") brackets -= 1;
    if (kind === "content" || kind?.endsWith("-scalar")) values += 1;
    if (brackets + marksInLine > DEEPEST) {
      return { line, reason: `values lie more than ${DEEPEST} deep in each other` };
    }
    if (values > MOST_VALUES) {
      return { line, reason: "there are more than 10,000 keys and values up to here" };
    }
    line += token.split("\n").length - 1;
  }
  return undefined;
}
