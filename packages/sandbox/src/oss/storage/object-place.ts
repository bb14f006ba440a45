import { createHash } from "node:crypto";

/** The folder of objects whose keys can't be paths of a file system; `index.jsonl` beside them has their keys. */
export const ODD_FOLDER = ".sandbox-odd-names";

const MAX_NAME_BYTES = 255;
/** What Windows refuses in a name, or changes silently. */
const WINDOWS_ODD = /[<>:"|?*\\\p{Cc}]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

/** Returns whether the key, as a path below the bucket's folder, names a file of that folder and no other. */
export function isPlainKey(key: string, platform: NodeJS.Platform = process.platform): boolean {
  const names = key.split("/");
  if (names[0]?.toLowerCase() === ODD_FOLDER) return false;
  return names.every((name) => isPlainName(name, platform));
}

function isPlainName(name: string, platform: NodeJS.Platform): boolean {
  if (name === "" || name === "." || name === ".." || name.includes("\0")) return false;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return false;
  return platform !== "win32" || !WINDOWS_ODD.test(name);
}

export function oddName(key: string): string {
  return createHash("sha256").update(key, "utf8").digest("hex");
}
