import { createHash } from "node:crypto";

/** Where objects lie whose keys can't be paths of a file system; `index.jsonl` beside them says which is which. */
export const ODD_FOLDER = ".sandbox-odd-names";

const MAX_NAME_BYTES = 255;
/** What Windows can't have in a name, or changes in silence. */
const WINDOWS_ODD = /[<>:"|?*\\\p{Cc}]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

/** True when the key, read as a path below the bucket's folder, names a file there and no other. */
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
