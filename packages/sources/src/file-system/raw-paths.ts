import { isUtf8 } from "node:buffer";
import { realpathSync } from "node:fs";
import { isWrittenOut, writeName } from "@exhibit/contracts/names";

// A raw path is a path of this machine as text that leads back to its bytes, whatever they are: a name that isn't UTF-8 has
// the lone surrogate U+DC80 for its byte 0x80, U+DCFF for 0xff (Python calls that surrogateescape). So paths are joined,
// compared and handed to threads as texts, and become bytes where the operating system is asked.

const FIRST = 0xdc00;
const RAW_BYTE = /[\udc80-\udcff]/gu;

/** What node:fs takes for a raw path. */
export function onDisk(raw: string): string | Buffer {
  if (raw.isWellFormed()) return raw;
  const parts = raw.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - FIRST) : Buffer.from(part),
    ),
  );
}

/** A name that isn't UTF-8. */
export function rawName(name: Uint8Array): string {
  return String.fromCharCode(...Array.from(name, rawUnit));
}

function rawUnit(byte: number): number {
  return byte < 0x80 ? byte : FIRST + byte;
}

/** The raw path of what node:fs gives as bytes. */
export function rawPath(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const names = bytes.toString("latin1").split("/");
  return names.map((name) => rawPart(Buffer.from(name, "latin1"))).join("/");
}

function rawPart(name: Buffer): string {
  return isUtf8(name) ? name.toString("utf8") : rawName(name);
}

/** The raw path of a path on the record: both relative to a source. */
export function rawOf(path: string): string {
  if (!isWrittenOut(path)) return path;
  return path
    .slice(2)
    .replaceAll(/\\(?:x([0-9a-f]{2})|\\)/g, (_, hex?: string) =>
      hex === undefined ? "\\" : String.fromCharCode(rawUnit(Number.parseInt(hex, 16))),
    );
}

/** What lies at a raw path once all symbolic links are followed. Throws what the operating system says. */
export function realPathOf(raw: string): string {
  const path = onDisk(raw);
  const real = realpathSync.native(path);
  // What Node puts in the place of bytes that aren't UTF-8; seldom a name has one of its own.
  return real.includes("\ufffd") ? rawPath(realpathSync.native(path, "buffer")) : real;
}

/** A raw path for people. */
export function showRaw(raw: string): string {
  return raw.replaceAll(RAW_BYTE, (unit) => writeName(Uint8Array.of(unit.charCodeAt(0) - FIRST)));
}
