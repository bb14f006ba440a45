import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { httpDate } from "../../http/http-date.ts";
import type { OssError } from "./oss-error.ts";
import { xmlDocument } from "./xml.ts";

/** Bytes [start, end) of a file. */
interface FileRange {
  path: string;
  start: number;
  end: number;
}

export interface OssResponse {
  status: number;
  headers?: Record<string, string>;
  body?: string | FileRange;
  /** Cuts the connection after half of the response. */
  cut?: boolean;
}

/** The header with the CRC-64/XZ of an object, as an unsigned decimal number. */
export const CRC64_HEADER = "x-oss-hash-crc64ecma";

/** Returns an error's response: XML, which goes into `x-oss-err` for HEAD, as that has no body. */
export function errorResponse(
  error: OssError,
  requestId: string,
  message: IncomingMessage,
  more: Record<string, string>,
): OssResponse {
  const body = xmlDocument("Error", {
    Code: error.code,
    Message: error.message,
    RequestId: requestId,
    HostId: message.headers.host,
    ...error.extra,
    EC: error.ec,
  });
  const headers = { "x-oss-ec": error.ec, ...more };
  if (message.method !== "HEAD") {
    return {
      status: error.status,
      headers: { "content-type": "application/xml", ...headers },
      body,
    };
  }
  const inHeader = Buffer.from(body).toString("base64");
  return { status: error.status, headers: { "x-oss-err": inHeader, ...headers } };
}

/** Sends a response with the headers that all of OSS's responses have. */
export async function sendResponse(
  response: ServerResponse,
  answer: OssResponse,
  facts: { requestId: string; took: number; now: number },
): Promise<void> {
  const { body } = answer;
  const headers: Record<string, string | number> = {
    server: "AliyunOSS",
    date: httpDate(facts.now),
    "x-oss-request-id": facts.requestId,
    // Milliseconds.
    "x-oss-server-time": Math.round(facts.took),
    ...answer.headers,
  };
  if (typeof body === "string") headers["content-length"] = Buffer.byteLength(body);
  else if (body === undefined && answer.status !== 204) headers["content-length"] ??= 0;
  response.sendDate = false;
  if (answer.cut) return sendHalf(response, answer, headers);
  response.writeHead(answer.status, headers);
  if (typeof body !== "object" || body.start === body.end) {
    response.end(typeof body === "string" ? body : undefined);
    return;
  }
  const file = createReadStream(body.path, { start: body.start, end: body.end - 1 });
  await pipeline(file, response);
}

/** Sends status, headers and the first half of a text; the rest of the announced length never comes. */
function sendHalf(
  response: ServerResponse,
  { status, body }: OssResponse,
  headers: Record<string, string | number>,
): void {
  const text = typeof body === "string" ? body : "";
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) + 1 });
  response.write(text.slice(0, text.length / 2) || " ", () => response.destroy());
}
