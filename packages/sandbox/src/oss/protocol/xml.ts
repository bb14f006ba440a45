/** The content of an element: text, nested elements, or a list, which repeats the element. */
type XmlValue = string | number | boolean | XmlTree | readonly XmlTree[] | undefined;
export interface XmlTree {
  readonly [name: string]: XmlValue;
}

export function xmlDocument(root: string, tree: XmlTree): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, tree)}`;
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (isList(value)) return value.map((item) => element(name, item)).join("");
  if (typeof value !== "object") return `<${name}>${escapeXml(String(value))}</${name}>`;
  const inner = Object.entries(value).map(([member, content]) => element(member, content));
  return `<${name}>${inner.join("")}</${name}>`;
}

function isList(value: XmlValue): value is readonly XmlTree[] {
  return Array.isArray(value);
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  lt: "<",
  gt: ">",
  amp: "&",
};

export function unescapeXml(text: string): string {
  return text
    .replace(/&#(\d+);/gu, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(quot|apos|lt|gt|amp);/gu, (_, name: string) => ENTITIES[name] ?? "");
}
