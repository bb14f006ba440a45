import { z } from "zod";
import { keyText } from "./key-text.ts";

/** A text option that must appear in no log, message or trace. `secretsIn` finds it by its mark. */
export function secret() {
  return keyText().meta({ secret: true });
}

/** The values in `value` that `schema` marks as secret, through optional, default and nested objects. */
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
