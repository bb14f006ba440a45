import { z } from "zod";

/**
 * Returns the schema of a key or secret, which is trimmed. Characters that get in by copying or
 * from a shell are a fault here, rather than a wrong signature later.
 */
export function keyText() {
  return z
    .string()
    .trim()
    .min(1, "It is empty")
    .refine((text) => !/[\s\p{C}]/u.test(text), {
      error: "It contains a blank, a line break or an invisible character",
    })
    .refine((text) => !/^["'“”‘’].*["'“”‘’]$/su.test(text), { error: "It is in quotes" });
}
