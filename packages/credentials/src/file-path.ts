import { resolve } from "node:path";
import { z } from "zod";

/** An option that names a file; in exhibit.yaml it is relative to that file's folder: see `withAbsolutePaths`. */
export function filePath() {
  return z.string().min(1).meta({ filePath: true });
}

/** `value` with the paths that `schema` marks made absolute, through optional and nested objects. */
export function withAbsolutePaths(
  schema: z.core.$ZodType,
  value: unknown,
  folder: string,
): unknown {
  if (schema instanceof z.ZodType && schema.meta()?.filePath === true) {
    return typeof value === "string" ? resolve(folder, value) : value;
  }
  if (schema instanceof z.ZodObject) {
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(([key, held]) => {
      const inner = (schema.shape as Record<string, z.core.$ZodType>)[key];
      return [key, inner === undefined ? held : withAbsolutePaths(inner, held, folder)];
    });
    return Object.fromEntries(members);
  }
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner === undefined ? value : withAbsolutePaths(inner, value, folder);
}
