import { ExhibitError } from "@exhibit/contracts";
import type { z } from "zod";

/** Returns VENDOR_ANSWER_INVALID for a fault; its words must quote no credential. */
export function unusableAnswer(vendor: string, fault: string): ExhibitError {
  const message = `${vendor}: the answer can't be used: ${fault}`;
  return new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
}

/**
 * Parses a part of an answer that is only present if a success flag says so. Throws
 * VENDOR_ANSWER_INVALID with paths and types only.
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
