import { visible } from "../text/visible.ts";
import { type ErrorAction, type ErrorCode, errorTable } from "./error-table.ts";

// For the export `@exhibit/contracts/errors`, which loads no zod.
export type { ErrorCode };

export interface ExhibitErrorOptions {
  cause?: unknown;
  /** Facts for people and machines: ids, codes of the other side. Never a credential. */
  details?: Readonly<Record<string, string | number | boolean>>;
  /** How long the other side asked us to wait, in milliseconds. */
  retryAfter?: number;
}

/**
 * The one error class of Exhibit. Its message is a sentence that names what failed and holds no
 * secret. Control characters of names in it are made visible, so it can be shown anywhere on one
 * line; a message of several lines is passed as a list.
 */
export class ExhibitError extends Error {
  override readonly name = "ExhibitError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string | readonly string[],
    options: ExhibitErrorOptions = {},
  ) {
    super(
      [message].flat().map(visible).join("\n"),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfter = options.retryAfter;
  }

  get action(): ErrorAction {
    return errorTable[this.code].action;
  }
}

/** Returns an `ExhibitError` as it is, and wraps anything else in one with this code. */
export function toExhibitError(thrown: unknown, code: ErrorCode = "INTERNAL"): ExhibitError {
  if (thrown instanceof ExhibitError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ExhibitError(code, message, { cause: thrown });
}
