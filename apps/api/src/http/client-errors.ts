import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { errorTable, PROBLEM_TYPE } from "@exhibit/contracts";
import { type Failure, problemOf } from "./error-responses.ts";
import { securityHeaders } from "./security-headers.ts";

/**
 * Answers what Node refuses because it is no request (yet), in the form of all other errors, and closes
 * the connection: what comes next on it can't be told from the rest of what was refused.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  if (socket.writable) socket.write(answerTo(failureOf(error)));
  socket.destroy(error);
}

const failures: Readonly<Record<string, Omit<Failure, "details">>> = {
  HPE_HEADER_OVERFLOW: {
    code: "HEADERS_TOO_LARGE",
    message: "The request's line and headers are larger than 16 KiB.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: "REQUEST_TOO_SLOW",
    message: "The request's headers didn't arrive in time.",
  },
};

function failureOf({ code = "" }: NodeJS.ErrnoException): Failure {
  const { [code]: known } = failures;
  const other = { code: "REQUEST_INVALID", message: "This is no valid HTTP request." } as const;
  return { ...(known ?? other), details: {} };
}

function answerTo(failure: Failure): string {
  const id = randomUUID();
  const { status } = errorTable[failure.code];
  const body = JSON.stringify(problemOf(failure, id));
  const headers = {
    ...securityHeaders,
    "x-request-id": id,
    "content-type": PROBLEM_TYPE,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n");
}
