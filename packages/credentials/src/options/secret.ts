import { z } from "zod";
import { keyText } from "./key-text.ts";

/**
 * Returns the schema of an option that must appear in no log, message or trace, marked as secret.
 */
export function secret() {
  return keyText().meta({ secret: true });
}

/** Returns the values in `value` that `schema` marks as secret, also in nested objects. */
export function secretsIn(schema: z.core.$ZodType, value: unknown): string[] {
  if (schema instanceof z.ZodType && schema.meta()?.secret === true) {
    return typeof value === "string" ? [value] : [];
  }
  if (schema instanceof z.ZodObject) {
    if (typeof value !== "object" || value === null) return [];
    const held = value as Record<string, unknown>;
    return Object.entries(schema.shape).flatMap(([key, inner]) => secretsIn(inner, held[key]));
  }
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner === undefined ? [] : secretsIn(inner, value);
}
