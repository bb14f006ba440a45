// A report is made once as a list of blocks, and written from it as HTML and as PDF: so both say the same.

export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];

/** A part of a report, which stands under a heading of its own. */
export interface Section {
  heading: string;
  blocks: readonly Block[];
}

export type Block =
  /** What is known by its name. */
  | { kind: "facts"; rows: readonly (readonly [name: string, value: string])[] }
  | { kind: "table"; columns: readonly Column[]; rows: readonly (readonly string[])[] }
  | { kind: "text"; text: string }
  /** What is typed into a terminal. */
  | { kind: "commands"; lines: readonly string[] };

export interface Column {
  name: string;
  /** Its share of the width, in hundredths. */
  width: number;
}

/** A report as it is read. */
export interface ReportText {
  language: Language;
  title: string;
  subtitle: string;
  sections: readonly Section[];
  /** What stands at the foot of each page. */
  foot: string;
}
