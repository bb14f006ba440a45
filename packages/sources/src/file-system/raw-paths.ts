import { isUtf8 } from "node:buffer";
import { realpathSync } from "node:fs";
import { isWrittenOut, writeName } from "@exhibit/contracts/names";

// A raw path is a path of this machine as text that leads back to its bytes, whatever they are: a
// name that isn't UTF-8 has the lone surrogate U+DC80 for its byte 0x80, U+DCFF for 0xff (Python
// calls that surrogateescape). So paths are joined, compared and sent to threads as texts, and
// become bytes where the operating system is called.

const FIRST = 0xdc00;
const RAW_BYTE = /[\udc80-\udcff]/gu;

/** Returns a raw path as node:fs takes it. */
export function onDisk(raw: string): string | Buffer {
  if (raw.isWellFormed()) return raw;
  const parts = raw.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - FIRST) : Buffer.from(part),
    ),
  );
}

/** Returns the raw name for one that isn't UTF-8. */
export function rawName(name: Uint8Array): string {
  return String.fromCharCode(...Array.from(name, rawUnit));
}

function rawUnit(byte: number): number {
  return byte < 0x80 ? byte : FIRST + byte;
}

/** Returns the raw path for one that node:fs returns as bytes. */
export function rawPath(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const names = bytes.toString("latin1").split("/");
  return names.map((name) => rawPart(Buffer.from(name, "latin1"))).join("/");
}

function rawPart(name: Buffer): string {
  return isUtf8(name) ? name.toString("utf8") : rawName(name);
}

/** Returns the raw path for a path of the record; both are relative to a source. */
export function rawOf(path: string): string {
  if (!isWrittenOut(path)) return path;
  return path
    .slice(2)
    .replaceAll(/\\(?:x([0-9a-f]{2})|\\)/g, (_, hex?: string) =>
      hex === undefined ? "\\" : String.fromCharCode(rawUnit(Number.parseInt(hex, 16))),
    );
}

/**
 * Returns the real path of what lies at a raw path, with all symbolic links followed.
 *
 * @throws the operating system's own error
 */
export function realPathOf(raw: string): string {
  const path = onDisk(raw);
  const real = realpathSync.native(path);
  // Node puts U+FFFD in the place of bytes that aren't UTF-8; few names have one of their own.
  return real.includes("\ufffd") ? rawPath(realpathSync.native(path, "buffer")) : real;
}

/** Returns a raw path as people see it. */
export function showRaw(raw: string): string {
  return raw.replaceAll(RAW_BYTE, (unit) => writeName(Uint8Array.of(unit.charCodeAt(0) - FIRST)));
}
