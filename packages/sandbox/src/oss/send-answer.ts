import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { httpDate } from "../clock.ts";
import type { OssAnswer } from "./operation.ts";
import type { OssError } from "./oss-error.ts";
import { xmlDocument } from "./xml.ts";

/** The XML of an error; for HEAD, which has no body, it goes into `x-oss-err`. */
export function errorAnswer(
  error: OssError,
  requestId: string,
  message: IncomingMessage,
  more: Record<string, string>,
): OssAnswer {
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

/** Sends an answer with the headers that all answers of OSS have. */
export async function sendAnswer(
  response: ServerResponse,
  answer: OssAnswer,
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

/** Status, headers and the first half of a text go out; the rest of what was announced never comes. */
function sendHalf(
  response: ServerResponse,
  { status, body }: OssAnswer,
  headers: Record<string, string | number>,
): void {
  const text = typeof body === "string" ? body : "";
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) + 1 });
  response.write(text.slice(0, text.length / 2) || " ", () => response.destroy());
}
