import { ExhibitError } from "@exhibit/contracts";
import type { ObjectRequest, Sender } from "../api/sender.ts";
import type { HttpResponse } from "../http/response.ts";
import type { Admission } from "./admission.ts";

/**
 * Returns a sender from whose requests with bytes, and others that are counted, the limits of
 * `admission` learn.
 */
export function observedSender(sender: Sender, admission: Admission): Sender {
  const observe =
    <Request extends ObjectRequest>(send: (request: Request) => ReturnType<Sender["send"]>) =>
    (request: Request) => {
      const { rate, bucket } = admission.of(request.lease);
      const { window } = bucket;
      const { body } = request;
      const isCounted = body !== undefined || request.isCounted === true;
      const windowBound = bucket.requests.hasWaiters;
      const startedAt = performance.now();
      return send(request).then(
        (response) => {
          if (isCounted) {
            window.responded({ startedAt, bytes: bytesOf(request, response), windowBound });
            rate.accepted();
            bucket.accepted += 1;
          }
          return response;
        },
        (error: unknown) => {
          if (asksForFewer(error)) {
            window.throttled(startedAt);
            rate.throttled(startedAt);
          } else if (isCounted && isRefusal(error))
            window.responded({ startedAt, bytes: body?.length ?? 0, windowBound });
          throw error;
        },
      );
    };
  return { send: observe(sender.send), sendSigned: observe(sender.sendSigned) };
}

/** Returns the bytes that were sent, or else received. */
function bytesOf({ body, sink }: ObjectRequest, { headers }: HttpResponse): number {
  if (body !== undefined || sink === undefined) return body?.length ?? 0;
  return Number(headers["content-length"] ?? 0);
}

/**
 * Returns whether OSS asks for fewer requests, or has no time for us: "ServiceUnavailable: thread
 * pool almost full" (PROTOCOLS.md 5.5), or silence.
 */
function asksForFewer(error: unknown): boolean {
  if (!(error instanceof ExhibitError)) return false;
  const { oss_status, oss_code } = error.details;
  if (error.code === "STORE_THROTTLED" || oss_status === 503) return true;
  return oss_code === "RequestTimeout" || isTimeout(error.cause);
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ETIMEDOUT";
}

/** A refusal is as fast as any other response, so the window learns from it, too. */
function isRefusal(error: unknown): boolean {
  return error instanceof ExhibitError && Number(error.details.oss_status) < 500;
}
