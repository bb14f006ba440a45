/** Reads CSV as RFC 4180 has it, and nothing else: throws at the first character that it doesn't allow. */
export function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const quoted = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
      quoted.lastIndex = at;
      const [whole, inQuotes, bare] = quoted.exec(text) ?? [""];
      row.push(inQuotes === undefined ? (bare ?? "") : inQuotes.replaceAll('""', '"'));
      at += whole.length;
      if (text[at] !== ",") break;
      at += 1;
    }
    if (text.slice(at, at + 2) !== "\r\n")
      throw new Error(`no CR LF at ${at}: ${text.slice(at, at + 20)}`);
    at += 2;
    rows.push(row);
  }
  const [names = [], ...records] = rows;
  return records.map((cells) => {
    if (cells.length !== names.length)
      throw new Error(`${cells.length} cells, ${names.length} names`);
    return Object.fromEntries(cells.map((cell, index) => [names[index] ?? "", cell]));
  });
}
