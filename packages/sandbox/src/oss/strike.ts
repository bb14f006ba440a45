import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Schedule } from "../fault-list.ts";
import { Cut } from "../hold.ts";
import { CRC64_HEADER, type OssAnswer } from "./operation.ts";
import { OssError } from "./oss-error.ts";
import type { OssFault, OssMatch } from "./oss-fault.ts";

/** A fault, or a gate, that was ordered for matching requests. */
export type Strike =
  | (Schedule & { match: OssMatch; fault: OssFault })
  | (Schedule & { match: OssMatch; gate: Gate });

/** What a held request waits at. */
interface Gate {
  at: "before" | "after";
  pass(): Promise<void>;
}

/** Does what comes before the work. Throws `Cut`, or the `OssError` that was ordered. */
export async function strikeBefore(
  strike: Strike,
  message: IncomingMessage,
  signal: AbortSignal,
): Promise<void> {
  if ("gate" in strike) {
    if (strike.gate.at === "before") await strike.gate.pass();
    return;
  }
  const { fault } = strike;
  if (fault.delayMs > 0) await pause(fault.delayMs, undefined, { signal });
  if (fault.reset === "before") throw new Cut();
  if (fault.reset === "mid-body") {
    if (Number(message.headers["content-length"] ?? 0) > 0) await once(message, "data");
    throw new Cut();
  }
  if (fault.status === undefined && fault.code === undefined) return;
  const { code = "InternalError", status = 500, message: text = `Ordered: ${code}.`, ec } = fault;
  throw new OssError(code, status, text, ec ?? "0000-00000000");
}

/** Changes or withholds the answer. Throws `Cut`. */
export async function strikeAfter(strike: Strike, answer: OssAnswer): Promise<OssAnswer> {
  if ("gate" in strike) {
    if (strike.gate.at === "after") await strike.gate.pass();
    return answer;
  }
  const { fault } = strike;
  if (fault.reset === "after") throw new Cut();
  const headers: Record<string, string> = { ...answer.headers, ...fault.headers };
  const crc64 = headers[CRC64_HEADER];
  if (fault.crc64 !== undefined) delete headers[CRC64_HEADER];
  if (fault.crc64 === "wrong" && crc64 !== undefined) {
    headers[CRC64_HEADER] = String(BigInt(crc64) ^ 1n);
  }
  return { ...answer, headers, ...(fault.reset === "mid-answer" && { cut: true }) };
}
