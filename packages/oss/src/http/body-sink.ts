import type { IncomingHttpHeaders } from "node:http";

/** Takes the body of a successful response piece by piece, so that it is never held whole. */
export interface BodySink {
  /** Hears of the response before its first byte. What it throws ends the exchange. */
  begin(head: { status: number; headers: IncomingHttpHeaders }): void;
  /**
   * Takes the next bytes, which are overwritten once it returns. Nothing more is read from the
   * connection until the promise resolves, except what has arrived already.
   */
  take(piece: Buffer): Promise<void> | undefined;
}
