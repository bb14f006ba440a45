/** Encodings that names on a disk may be in where they aren't UTF-8, by what people call them. */
export const nameEncodings = {
  gb18030: "GB18030",
  big5: "Big5",
  shift_jis: "Shift_JIS",
} as const;

export type NameEncoding = keyof typeof nameEncodings;

/** The ways in which a name may be read that nobody has said anything about; the first that makes sense is shown. */
const likely: readonly NameEncoding[] = ["gb18030", "big5"];

/** Letters that Unicode doesn't know, or that can't be seen: where they come out, the name was in another encoding. */
const SENSELESS = /\p{C}/u;
/** What a decoder makes of a byte that its encoding doesn't have. */
const NO_CHARACTER = /[\u0080-\u009f]/;

const decoders = new Map<NameEncoding, InstanceType<typeof TextDecoder>>();

function decoderOf(encoding: NameEncoding): InstanceType<typeof TextDecoder> {
  const known = decoders.get(encoding);
  if (known) return known;
  const made = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  decoders.set(encoding, made);
  return made;
}

/** A name as text, or undefined when its bytes aren't of that encoding. */
export function decodeNameAs(encoding: NameEncoding, name: Uint8Array): string | undefined {
  try {
    const text = decoderOf(encoding).decode(name);
    return NO_CHARACTER.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** How a name that isn't UTF-8 probably reads, for people: ` (as GB18030: 合同.pdf)`; empty when nobody can tell. */
export function readingOf(name: Uint8Array): string {
  for (const encoding of likely) {
    const text = decodeNameAs(encoding, name);
    if (text !== undefined && !SENSELESS.test(text))
      return ` (as ${nameEncodings[encoding]}: ${text})`;
  }
  return "";
}

/**
 * A name that isn't UTF-8, written out: each byte that isn't ASCII or is a control character as `\xff`, a backslash as two.
 * Nothing of it is decoded, so two names never look the same.
 */
export function writeName(name: Uint8Array): string {
  return Array.from(name, writeByte).join("");
}

const BACKSLASH = 0x5c;

function writeByte(byte: number): string {
  if (byte === BACKSLASH) return "\\\\";
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/**
 * Whether a path of a source is written out on the record, because not all of its names are UTF-8. It begins with `./` then,
 * which no other path does, its names that aren't UTF-8 are written by `writeName`, and in the others each backslash is
 * doubled: it leads back to its bytes, and is never the path of another file.
 */
export function isWrittenOut(path: string): boolean {
  return path.startsWith("./");
}

/** A path of the record as people see it. */
export function shownPath(path: string): string {
  return isWrittenOut(path) ? path.slice(2) : path;
}
