const font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";

/** A PDF 1.4 of one page with a line of text for each of `lines` (ASCII). */
export function makePdf(lines: readonly string[]): Buffer {
  const text = lines.map((line) => `(${line.replace(/[\\()]/g, "\\$&")}) Tj T*`).join("\n");
  const content = `BT /F1 12 Tf 16 TL 72 770 Td\n${text}\nET`;
  return assemble([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>",
    font,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ]);
}

/** Puts objects 1, 2, … into a file and writes the table of where each begins. */
function assemble(objects: readonly string[]): Buffer {
  let file = "%PDF-1.4\n";
  const begins = objects.map((object, index) => {
    const begin = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return begin;
  });
  const size = objects.length + 1;
  // Each entry of the table has 20 bytes: "nnnnnnnnnn ggggg n" and a line end of two.
  const entries = begins.map((begin) => `${String(begin).padStart(10, "0")} 00000 n \n`).join("");
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${entries}`;
  return Buffer.from(
    `${file}${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`,
    "latin1",
  );
}
