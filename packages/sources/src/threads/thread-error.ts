import { ExhibitError, toExhibitError } from "@exhibit/contracts/errors";
import type { ThreadError } from "./protocol.ts";

export function toThreadError(thrown: unknown): ThreadError {
  const { code, message, details } = toExhibitError(thrown, "SOURCE_IO");
  return { code, message, details };
}

export function fromThreadError({ code, message, details }: ThreadError): ExhibitError {
  return new ExhibitError(code, message, { details });
}
