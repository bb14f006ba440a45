import type { IncomingHttpHeaders } from "node:http";

/** A response that was read to its end, whatever its status. */
export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}
