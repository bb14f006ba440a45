import { resolve } from "node:path";
import { z } from "zod";

/** Returns the schema of an option with a file's path, relative to the folder of `exhibit.yaml`. */
export function filePath() {
  return z.string().min(1).meta({ filePath: true });
}

/** Returns `value` with the paths that `schema` marks made absolute. */
export function withAbsolutePaths(
  schema: z.core.$ZodType,
  value: unknown,
  folder: string,
): unknown {
  return withPaths(schema, value, (path) => resolve(folder, path));
}

/** Returns `value` without the paths that `schema` marks: they may differ between machines. */
export function withoutPaths(schema: z.core.$ZodType, value: unknown): unknown {
  return withPaths(schema, value, () => undefined);
}

/** Changes the marked paths, also in nested objects. */
function withPaths(
  schema: z.core.$ZodType,
  value: unknown,
  made: (path: string) => string | undefined,
): unknown {
  if (schema instanceof z.ZodType && schema.meta()?.filePath === true) {
    return typeof value === "string" ? made(value) : value;
  }
  if (schema instanceof z.ZodObject) {
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(([key, held]) => {
      const inner = (schema.shape as Record<string, z.core.$ZodType>)[key];
      return [key, inner === undefined ? held : withPaths(inner, held, made)];
    });
    return Object.fromEntries(members);
  }
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner === undefined ? value : withPaths(inner, value, made);
}
