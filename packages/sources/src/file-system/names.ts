import { isUtf8 } from "node:buffer";
import {
  decodeNameAs,
  isWrittenOut,
  type NameEncoding,
  shownPath,
  writeName,
} from "@exhibit/contracts/names";
import { onDisk, rawOf } from "./raw-paths.ts";

/**
 * Returns the name as text, or undefined when it isn't UTF-8. Nothing is normalised: the text leads
 * back to the same bytes.
 */
export function decodeName(name: Buffer): string | undefined {
  return isUtf8(name) ? name.toString("utf8") : undefined;
}

/**
 * Returns the path, for the record, of something in a folder.
 *
 * @param folder the folder's own path; empty for the source
 * @param text the name as text, or undefined when it isn't UTF-8
 */
export function pathBelow(folder: string, name: Buffer, text: string | undefined): string {
  if (text !== undefined && !isWrittenOut(folder))
    return folder === "" ? text : `${folder}/${text}`;
  const above = isWrittenOut(folder) || folder === "" ? folder || "." : `./${doubled(folder)}`;
  return `${above}/${text === undefined ? writeName(name) : doubled(text)}`;
}

function doubled(text: string): string {
  return text.replaceAll("\\", "\\\\");
}

/**
 * Returns what people and object keys call the file at a path of the record: the path itself or, if
 * its bytes are written out, their text. Names that are UTF-8 are read as such, others in
 * `encoding`. Returns undefined when one of them isn't text in either.
 */
export function textOf(path: string, encoding: NameEncoding | undefined): string | undefined {
  if (!isWrittenOut(path)) return path;
  const names = rawOf(path).split("/").map(bytesOf);
  const texts = names.map((name) => decodeName(name) ?? (encoding && decodeNameAs(encoding, name)));
  return texts.every((text) => text !== undefined) ? texts.join("/") : undefined;
}

function bytesOf(rawName: string): Buffer {
  return Buffer.from(onDisk(rawName));
}

/** Returns a path of the record as messages show it. */
export function showPath(path: string, encoding: NameEncoding | undefined): string {
  return textOf(path, encoding) ?? shownPath(path);
}
