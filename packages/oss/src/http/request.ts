import type { BodySink } from "./body-sink.ts";

/** Where a request goes. */
export interface Address {
  secure: boolean;
  hostname: string;
  /** Empty for the scheme's default port. */
  port: string;
  /** Percent-encoded, including the query. */
  path: string;
}

/**
 * A request's body. Its length is declared beforehand and the body must match it: OSS truncates or
 * refuses a body of another length.
 */
export interface OutgoingBody {
  /** Bytes. */
  length: number;
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>;
  /** Reports the bytes that were handed to the connection, as they go. */
  onBytes?: (bytes: number) => void;
}

export interface OutgoingRequest {
  method: string;
  address: Address;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body?: OutgoingBody;
  /** Takes the body of a successful response. Any other body is in the response. */
  sink?: BodySink;
  signal?: AbortSignal | undefined;
}
