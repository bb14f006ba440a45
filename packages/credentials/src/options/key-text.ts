import { z } from "zod";

/**
 * A key or secret that somebody handed out, without the space around it. What comes with copying or with a shell, and is
 * never a part of one, is a fault here rather than a wrong signature later.
 */
export function keyText() {
  return z
    .string()
    .trim()
    .min(1, "It is empty")
    .refine((text) => !/[\s\p{C}]/u.test(text), {
      error: "It has a blank, a line break or an invisible character in it",
    })
    .refine((text) => !/^["'“”‘’].*["'“”‘’]$/su.test(text), { error: "It has quotes around it" });
}
