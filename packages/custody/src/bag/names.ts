import type { ReceiptLine } from "../lines/receipt-line.ts";

/** How files are called in a bag: as they were, or so that every system and tool takes the name. */
export const bagNames = ["portable", "original"] as const;
export type BagNames = (typeof bagNames)[number];

/** What of a receipt its name in a bag is made of. */
export type NamedReceipt = Pick<ReceiptLine, "folder" | "path" | "raw_path" | "salt">;

/** Some file systems take no longer names, in bytes of UTF-8. */
const MAX_NAME_BYTES = 255;

/** How many digits of its salt tell a renamed file from others: whoever names files can't guess them. */
const MARK_DIGITS = 8;

/**
 * What some system or tool doesn't take in a name: Windows' own list, ends of lines of any kind,
 * `%`, which validators of bags read in different ways, and what isn't well-formed.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const NOT_PORTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff<>:"|?*\\%]|\p{Cs}/gu;
/** White space at the ends of a name, which validators strip, and Windows' dot at its end. */
const AT_ENDS = /^[\s\ufeff]|[\s\ufeff.]$/gu;
/** Names of Windows' devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;

/**
 * Returns the path of a file in its bag, below the bag's folder. `portable` changes only names that
 * some system or tool doesn't take; such a file has the beginning of its salt behind its name, so that
 * no other has the same. So has one whose name on the disk isn't UTF-8, in both ways.
 */
export function bagPath(receipt: NamedReceipt, names: BagNames): string {
  const { folder, path, raw_path, salt } = receipt;
  const parts = path.split("/");
  const portable = parts.map(portableName);
  const isChanged = portable.some((part, index) => part !== parts[index]);
  if (raw_path === undefined && (names === "original" || !isChanged))
    return `data/${folder}/${path}`;
  const mark = `.${salt.slice(0, MARK_DIGITS)}`;
  const name = `${cut(portable.at(-1) ?? "", MAX_NAME_BYTES - mark.length)}${mark}`;
  return ["data", folder, ...portable.slice(0, -1), name].join("/");
}

function portableName(name: string): string {
  const written = name.replace(NOT_PORTABLE, "_").replace(AT_ENDS, "_").replace(DEVICE, "_$1");
  return cut(written, MAX_NAME_BYTES);
}

/** Returns as many characters from the beginning as have room. */
function cut(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name;
  let room = bytes;
  let kept = "";
  for (const character of name) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    kept += character;
  }
  return kept;
}

/** Returns a path of the record as `names.txt` has it: on one line, whatever is in it. */
export function namesLine(inBag: string, original: string): string {
  return `${JSON.stringify(inBag)} ${JSON.stringify(original)}`;
}

/**
 * Returns whether a path that a bag's list has leads to a place below the bag's folder, and nowhere
 * else, on any system.
 */
export function isInside(path: string): boolean {
  return (
    !path.includes("\0") &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}
