import { z } from "zod";
import type { Bucket } from "../lease.ts";

/** The part of a vendor's `oss` options that every vendor has. */
export const bucketOptions = z.strictObject({
  /** The region that V4 signatures name. */
  region: z
    .string()
    .regex(/^(?!oss-)[a-z0-9-]+$/, "Give the plain id, such as cn-hangzhou (without oss-)"),
  path_style: z.boolean().default(false),
  signature_version: z.enum(["v4", "v1"]).default("v4"),
});
export type BucketOptions = z.output<typeof bucketOptions>;

/** A bucket's name. */
export const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "Not a bucket's name: 3 to 63 of a-z, 0-9 and -");

/** Returns the bucket at a place that is known, reached as the `oss` options say. */
export function bucketFrom(
  { region, path_style, signature_version }: BucketOptions,
  { endpoint, name }: Pick<Bucket, "endpoint" | "name">,
): Bucket {
  return {
    endpoint,
    region,
    name,
    pathStyle: path_style,
    signatureVersion: signature_version,
  };
}

/**
 * Returns a folder's prefix, which object keys are appended to: it ends with `/`, and one leading
 * `/` is removed. Returns undefined for the bucket's root, where files of different folders would
 * collide; for a pattern; and for what might lead elsewhere: `.` or `..` parts, a second leading
 * `/`, a leading backslash, or control characters.
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
