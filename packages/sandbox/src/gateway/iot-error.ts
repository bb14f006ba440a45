/** An error of the IoT gateway, or of a backend that it passes on (PROTOCOLS, section 2.1). */
export class IotError extends Error {
  override readonly name = "IotError";
  readonly status: number;
  /** In the body. */
  readonly code: number;
  /** `X-Ca-Error-Code`, six characters; undefined when the backend made the error. */
  readonly errorCode: string | undefined;
  /** Seconds of a Retry-After header. */
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

/** The gateway doesn't let the call through: its status is HTTP's. */
export function refusedByGateway(status: number, errorCode: string, message: string): IotError {
  return new IotError(status, status, message, { errorCode });
}

/** "The backend's failures arrive with HTTP 200." */
export function failedInBackend(code: number, message: string): IotError {
  return new IotError(200, code, message);
}
