/** Encodings of file names that aren't UTF-8, with their usual names. */
export const nameEncodings = {
  gb18030: "GB18030",
  big5: "Big5",
  shift_jis: "Shift_JIS",
} as const;

export type NameEncoding = keyof typeof nameEncodings;

/** Encodings to guess when none is given; the first that makes sense is shown. */
const likely: readonly NameEncoding[] = ["gb18030", "big5"];

/** Unassigned or invisible characters: a name that decodes to them is in another encoding. */
const SENSELESS = /\p{C}/u;
/** What decoders return for bytes that their encoding doesn't have. */
const NO_CHARACTER = /[\u0080-\u009f]/;

const decoders = new Map<NameEncoding, InstanceType<typeof TextDecoder>>();

function decoderOf(encoding: NameEncoding): InstanceType<typeof TextDecoder> {
  const known = decoders.get(encoding);
  if (known) return known;
  const made = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  decoders.set(encoding, made);
  return made;
}

/** Returns a name as text, or undefined if its bytes aren't valid in that encoding. */
export function decodeNameAs(encoding: NameEncoding, name: Uint8Array): string | undefined {
  try {
    const text = decoderOf(encoding).decode(name);
    return NO_CHARACTER.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Returns how a name that isn't UTF-8 probably reads: ` (as GB18030: 合同.pdf)`; empty if unknown.
 */
export function readingOf(name: Uint8Array): string {
  for (const encoding of likely) {
    const text = decodeNameAs(encoding, name);
    if (text !== undefined && !SENSELESS.test(text))
      return ` (as ${nameEncodings[encoding]}: ${text})`;
  }
  return "";
}

/**
 * Escapes a name that isn't UTF-8: bytes that aren't ASCII, and control characters, become `\xff`,
 * and backslashes are doubled. Nothing is decoded, so two names never become equal.
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
 * Returns whether a recorded path is escaped because not all of its names are UTF-8. Such a path,
 * and no other, begins with `./`; `writeName` escapes its names that aren't UTF-8, and in the
 * others each backslash is doubled. So it can be turned back into bytes, and is never the path of
 * another file.
 */
export function isWrittenOut(path: string): boolean {
  return path.startsWith("./");
}

/** Returns a recorded path as people see it. */
export function shownPath(path: string): string {
  return isWrittenOut(path) ? path.slice(2) : path;
}
