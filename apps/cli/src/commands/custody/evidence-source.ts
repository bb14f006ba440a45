import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import type { BagFile } from "@exhibit/custody";
import type { PayloadSource } from "./payload.ts";

/** Where the import read its files. Throws SOURCE_CHANGED, SOURCE_NOT_FOUND and SOURCE_UNREADABLE. */
export const evidenceSource: PayloadSource = {
  async *bytesOf(file) {
    const path = sourcePath(file.receipt);
    try {
      // A pipe that has taken the file's place would never end.
      if (!(await lstat(path)).isFile()) throw otherBytes(file, "it isn't a file any more");
      yield* createReadStream(path, { highWaterMark: 256 * 1024 });
    } catch (cause) {
      throw cause instanceof ExhibitError
        ? cause
        : unreadable(shownOf(file), cause as NodeJS.ErrnoException);
    }
  },
  otherBytes,
  [Symbol.dispose]() {},
};

function shownOf({ receipt }: BagFile): string {
  return `${receipt.source}/${receipt.path}`;
}

/** Returns where a file lies, as bytes if names in its path aren't UTF-8. */
function sourcePath({ source, path, raw_path }: BagFile["receipt"]): string | Buffer {
  if (raw_path === undefined) return join(source, path);
  const parts = raw_path.split(/(\\x[0-9a-f]{2}|\\\\)/);
  return Buffer.concat([
    Buffer.from(`${source}/`),
    ...parts.map((part) => {
      if (part === "\\\\") return Buffer.from("\\");
      const [, hex] = /^\\x([0-9a-f]{2})$/.exec(part) ?? [];
      return hex === undefined ? Buffer.from(part) : Buffer.from(hex, "hex");
    }),
  ]);
}

function otherBytes(file: BagFile, how: string): ExhibitError {
  return new ExhibitError(
    "SOURCE_CHANGED",
    `No bag was made: ${shownOf(file)} isn't what was stored: ${how}.`,
  );
}

function unreadable(path: string, cause: NodeJS.ErrnoException): ExhibitError {
  const code = cause.code === "ENOENT" ? "SOURCE_NOT_FOUND" : "SOURCE_UNREADABLE";
  return new ExhibitError(
    code,
    `No bag was made: ${path} can't be read here (${cause.code}). Run it where the source is, or with --payload oss or none.`,
    { cause },
  );
}
