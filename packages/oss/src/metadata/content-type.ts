import mime from "mime";
import { kindOf, typesAlone } from "./file-signatures.ts";

/** Says nothing, so browsers save such an object and run none of it. */
const UNKNOWN = "application/octet-stream";

/** What the library doesn't know, or knows as something else than evidence has. */
const ours: ReadonlyMap<string, string> = new Map([
  ["ofd", "application/ofd"],
  ["wps", "application/wps-office.wps"],
  ["et", "application/wps-office.et"],
  ["dps", "application/wps-office.dps"],
  ["jfif", "image/jpeg"],
]);

/** Types of names that were asked for, by extension: at most as many as there are types. */
const known = new Map<string, string>();

/**
 * The type that a name's extension stands for; undefined where it stands for none that is known, and where browsers would run
 * what is written in such a file: evidence is anybody's, and must not act in the name of the bucket's site.
 */
export function typeOfName(name: string): string | undefined {
  const extension = extensionOf(name);
  const cached = known.get(extension);
  if (cached !== undefined) return cached;
  const type = ours.get(extension) ?? mime.getType(extension) ?? UNKNOWN;
  if (type === UNKNOWN || isActive(type)) return undefined;
  known.set(extension, type);
  return type;
}

/**
 * What a file is called and begins with, as one type. Where both say something the name has the last word, unless the bytes can
 * only be of another kind. Texts have no charset: it would be a guess.
 */
export function contentTypeOf(name: string, head: Uint8Array | undefined): string {
  const named = typeOfName(name);
  const kind = head && kindOf(head);
  if (kind === undefined) return named ?? UNKNOWN;
  // A picture or PDF by its name that doesn't begin as all of them do is none.
  const isNamed = named !== undefined && kind.isContainer && !typesAlone.has(named);
  return isNamed ? named : kind.type;
}

/** In lower case, without its dot; empty where there is none. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  // A name that begins with its only dot is a name.
  if (dot <= 0 || name[dot - 1] === "/" || name.indexOf("/", dot) !== -1) return "";
  return name.slice(dot + 1).toLowerCase();
}

/** HTML, and all that is XML to a browser: SVG, XHTML, a style sheet, or a document that embeds their elements. */
function isActive(type: string): boolean {
  return type === "text/html" || /[/+]xml$/.test(type);
}
