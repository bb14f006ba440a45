import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Schedule } from "../../faults/fault-list.ts";
import { Cut } from "../../faults/hold.ts";
import { OssError } from "../protocol/oss-error.ts";
import { CRC64_HEADER, type OssResponse } from "../protocol/oss-response.ts";
import type { OssFault, OssMatch } from "./oss-fault.ts";

/** A fault, or a hold's gate, that was ordered for matching requests. */
export type InjectedFault =
  | (Schedule & { match: OssMatch; fault: OssFault })
  | (Schedule & { match: OssMatch; gate: Gate });

/** What a held request waits for. */
interface Gate {
  at: "before" | "after";
  pass(): Promise<void>;
}

/** Applies what comes before the operation. Throws `Cut`, or the `OssError` that was ordered. */
export async function applyBefore(
  injected: InjectedFault,
  message: IncomingMessage,
  signal: AbortSignal,
): Promise<void> {
  if ("gate" in injected) {
    if (injected.gate.at === "before") await injected.gate.pass();
    return;
  }
  const { fault } = injected;
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

/** Returns the response as the fault changes it. Throws `Cut` if it withholds the response. */
export async function applyAfter(
  injected: InjectedFault,
  response: OssResponse,
): Promise<OssResponse> {
  if ("gate" in injected) {
    if (injected.gate.at === "after") await injected.gate.pass();
    return response;
  }
  const { fault } = injected;
  if (fault.reset === "after") throw new Cut();
  const headers: Record<string, string> = { ...response.headers, ...fault.headers };
  const crc64 = headers[CRC64_HEADER];
  if (fault.crc64 !== undefined) delete headers[CRC64_HEADER];
  if (fault.crc64 === "wrong" && crc64 !== undefined) {
    headers[CRC64_HEADER] = String(BigInt(crc64) ^ 1n);
  }
  return { ...response, headers, ...(fault.reset === "mid-answer" && { cut: true }) };
}
