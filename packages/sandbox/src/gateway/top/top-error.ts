/** The platform's error codes (PROTOCOLS, section 1.5). */
const messages = {
  7: "App Call Limited",
  10: "Service Currently Unavailable",
  11: "Insufficient ISV Permissions",
  15: "Remote Service Error",
  21: "Missing Method",
  22: "Invalid Method",
  23: "Invalid Format",
  24: "Missing Signature",
  25: "Invalid Signature",
  28: "Missing App Key",
  29: "Invalid App Key",
  30: "Missing Timestamp",
  31: "Invalid Timestamp",
  32: "Missing Version",
  33: "Invalid Version",
  40: "Missing Required Arguments",
  41: "Invalid Arguments",
  // The platform's list says 15 for this message; all the vendors' documents show 50.
  50: "Remote service error",
} as const;

export type TopErrorCode = keyof typeof messages;

/** An error that becomes an `error_response`. */
export class TopError extends Error {
  override readonly name = "TopError";
  readonly code: number;
  readonly subCode: string | undefined;
  readonly subMessage: string | undefined;

  constructor(code: number, message: string, subCode?: string, subMessage?: string) {
    super(message);
    this.code = code;
    this.subCode = subCode;
    this.subMessage = subMessage;
  }
}

export function topError(code: TopErrorCode, subCode?: string, subMessage?: string): TopError {
  return new TopError(code, messages[code], subCode, subMessage);
}

/** Returns the refusal that all vendors' documents show as their sample. */
export function invalidParameter(subMessage: string): TopError {
  return topError(50, "isv.invalid-parameter", subMessage);
}
