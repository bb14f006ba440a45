import type { Block, ReportText } from "./blocks.ts";

/** How it looks on a screen and on paper. Nothing is loaded from anywhere. */
const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 2rem; color: #16202a; background: #fff;
  font: 10.5pt/1.5 "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "Helvetica Neue", Arial, sans-serif; }
header { border-bottom: 2px solid #16202a; padding-bottom: .8rem; margin-bottom: 1.4rem; }
h1 { font-size: 22pt; line-height: 1.2; margin: 0; font-weight: 600; }
header p { margin: .3rem 0 0; color: #4a5763; overflow-wrap: anywhere; }
h2 { font-size: 13pt; margin: 1.8rem 0 .5rem; font-weight: 600; break-after: avoid; }
p { margin: .5rem 0; max-width: 46rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .28rem .6rem .28rem 0; border-bottom: 1px solid #d5dbe0;
  overflow-wrap: anywhere; font-weight: 400; }
thead { display: table-header-group; }
thead th { color: #4a5763; border-bottom: 1px solid #7b8894; font-size: 9.5pt; }
.facts th { width: 30%; color: #4a5763; }
td { white-space: pre-wrap; }
tr { break-inside: avoid; }
pre { background: #f2f4f6; padding: .7rem .9rem; font: 9pt/1.5 Consolas, Menlo, "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }
@page { size: A4; margin: 18mm 16mm; }
@media print { body { padding: 0; max-width: none; font-size: 9.5pt; } pre { border: 1px solid #d5dbe0; } }
`;

/** Returns a report as a page without a script or a link to the outside. */
export function reportHtml({ language, title, subtitle, sections }: ReportText): string {
  const body = sections.map(
    ({ heading, blocks }) =>
      `<section>\n<h2>${escaped(heading)}</h2>\n${blocks.map(blockHtml).join("\n")}\n</section>`,
  );
  return `<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)} · ${escaped(subtitle)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
<p>${escaped(subtitle)}</p>
</header>
${body.join("\n")}
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  if (block.kind === "text") return `<p>${escaped(block.text)}</p>`;
  if (block.kind === "commands") return `<pre>${escaped(block.lines.join("\n"))}</pre>`;
  if (block.kind === "facts") {
    const rows = block.rows.map(
      ([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
    );
    return `<table class="facts"><tbody>\n${rows.join("\n")}\n</tbody></table>`;
  }
  const head = block.columns.map(
    ({ name, width }) => `<th scope="col" style="width:${width}%">${escaped(name)}</th>`,
  );
  const rows = block.rows.map(
    (row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`,
  );
  return `<table><thead><tr>${head.join("")}</tr></thead>\n<tbody>\n${rows.join("\n")}\n</tbody></table>`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
