import { ExhibitError } from "@exhibit/contracts";
import { z } from "zod";

/** The part of a vendor's `oss` options that every vendor has. */
export const bucketOptions = z.strictObject({
  /** What V4 signatures name. */
  region: z
    .string()
    .regex(/^(?!oss-)[a-z0-9-]+$/, "Give the plain id, such as cn-hangzhou (without oss-)"),
  path_style: z.boolean().default(false),
  signature_version: z.enum(["v4", "v1"]).default("v4"),
});

/** 3 to 63 characters. */
export const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "Not a bucket's name: 3 to 63 of a-z, 0-9 and -");

/** As `folderPrefix`. Throws VENDOR_ANSWER_INVALID for what names no folder. */
export function prefixOf(vendor: string, text: string): string {
  const prefix = folderPrefix(text);
  if (prefix !== undefined) return prefix;
  const message = `${vendor}: the answer can't be used: it opens the folder ${JSON.stringify(text)}, which isn't a prefix`;
  throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
}

/**
 * A folder's prefix as keys are made from it: it ends with `/`, and one leading `/` is taken off. Undefined for the
 * bucket's root, where files of different folders would collide; for a pattern; and for what could lead elsewhere: with
 * `.` or `..` parts, a further leading `/`, a backslash in front, or control characters.
 */
export function folderPrefix(text: string): string | undefined {
  const path = text.startsWith("/") ? text.slice(1) : text;
  const strays = path.split("/").some((part) => part === ".." || part === ".");
  const isRoot = path.trim() === "" || /^[/\\]/.test(path);
  if (isRoot || strays || path.includes("*") || hasControlCharacter(path)) return undefined;
  return path.endsWith("/") ? path : `${path}/`;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < " " || character === "\u007f");
}
