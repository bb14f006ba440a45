/** An error of the IoT gateway itself, or of a backend behind it (PROTOCOLS, section 2.1). */
export class IotError extends Error {
  override readonly name = "IotError";
  readonly status: number;
  /** The code in the body. */
  readonly code: number;
  /** `X-Ca-Error-Code`, six characters; undefined when the backend made the error. */
  readonly errorCode: string | undefined;
  /** Seconds, for the Retry-After header. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    code: number,
    message: string,
    more: { errorCode?: string; retryAfter?: number } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.errorCode = more.errorCode;
    this.retryAfter = more.retryAfter;
  }
}

/** Returns the error of a call that the gateway itself refuses: the HTTP status says so. */
export function refusedByGateway(status: number, errorCode: string, message: string): IotError {
  return new IotError(status, status, message, { errorCode });
}

/** Returns an error of the backend: "The backend's failures arrive with HTTP 200." */
export function failedInBackend(code: number, message: string): IotError {
  return new IotError(200, code, message);
}
