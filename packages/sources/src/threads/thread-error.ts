import { type ErrorCode, ExhibitError, toExhibitError } from "@exhibit/contracts/errors";

/** An `ExhibitError` on its way between threads: structured cloning would make it a plain Error. */
export interface ThreadError {
  code: ErrorCode;
  message: string;
  details: ExhibitError["details"];
}

export function toThreadError(thrown: unknown): ThreadError {
  const { code, message, details } = toExhibitError(thrown, "SOURCE_IO");
  return { code, message, details };
}

export function fromThreadError({ code, message, details }: ThreadError): ExhibitError {
  return new ExhibitError(code, message, { details });
}
