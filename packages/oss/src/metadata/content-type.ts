import mime from "mime";
import { kindOf, typesAlone } from "./file-signatures.ts";

/** The type that says nothing: browsers save such an object and run none of it. */
const UNKNOWN = "application/octet-stream";

/** Extensions that the library doesn't know, or takes for something that evidence isn't. */
const ours: ReadonlyMap<string, string> = new Map([
  ["ofd", "application/ofd"],
  ["wps", "application/wps-office.wps"],
  ["et", "application/wps-office.et"],
  ["dps", "application/wps-office.dps"],
  ["jfif", "image/jpeg"],
]);

/** Types by extension, as far as they were asked for: never more than there are types. */
const known = new Map<string, string>();

/**
 * Returns the type that a name's extension stands for. Undefined when the extension is unknown, and
 * when browsers would run such a file: anybody may have written it, and it must not act in the name
 * of the bucket's site.
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
 * Returns the type of a file by its name and first bytes. If both tell a type the name decides,
 * unless the bytes can only be of another kind. Texts get no charset, because it would be a guess.
 */
export function contentTypeOf(name: string, head: Uint8Array | undefined): string {
  const named = typeOfName(name);
  const kind = head && kindOf(head);
  if (kind === undefined) return named ?? UNKNOWN;
  // A file that is called a picture or a PDF, and doesn't begin as all of those do, is none.
  const isNamed = named !== undefined && kind.isContainer && !typesAlone.has(named);
  return isNamed ? named : kind.type;
}

/** Returns the extension in lower case and without its dot; empty if there is none. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  // A name whose only dot is its first character has no extension.
  if (dot <= 0 || name[dot - 1] === "/" || name.indexOf("/", dot) !== -1) return "";
  return name.slice(dot + 1).toLowerCase();
}

/**
 * HTML, and everything that is XML to a browser: it may be SVG or XHTML, or embed their elements.
 */
function isActive(type: string): boolean {
  return type === "text/html" || /[/+]xml$/.test(type);
}
