import { ExhibitError } from "@exhibit/contracts";
import type { z } from "zod";

/** VENDOR_ANSWER_INVALID with the fault's words, which hold nothing of the answer. */
export function unusableAnswer(vendor: string, fault: string): ExhibitError {
  const message = `${vendor}: the answer can't be used: ${fault}`;
  return new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
}

/**
 * A part of an answer that is of use only when a success flag says so, checked then. Throws VENDOR_ANSWER_INVALID
 * with paths and types only.
 */
export function partOf<Part extends z.ZodType>(
  vendor: string,
  part: Part,
  value: unknown,
  at: string,
): z.output<Part> {
  const parsed = part.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 3);
  const said = faults.map(({ path, message }) => `${[at, ...path].join(".")}: ${message}`);
  throw unusableAnswer(vendor, said.join("; "));
}
