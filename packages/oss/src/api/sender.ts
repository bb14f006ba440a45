import type { BodySink } from "../http/body-sink.ts";
import { bytesSentOf } from "../http/connection-failure.ts";
import type { ConnectionPool } from "../http/connection-pool.ts";
import type { Address, OutgoingBody } from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";
import { addressOf } from "../signing/addressing.ts";
import type { Query } from "../signing/encoding.ts";
import { dateV1, signV1 } from "../signing/sign-v1.ts";
import { dateV4, signV4 } from "../signing/sign-v4.ts";
import type { ClockOffsets } from "./clock-offsets.ts";
import { isFailure } from "./failed-response.ts";
import type { Operation } from "./operation.ts";
import { toStoreError } from "./store-error.ts";

export interface ObjectRequest extends Operation {
  method: string;
  query?: Query;
  /** Names in lower case. The signature's headers are added. */
  headers?: Readonly<Record<string, string>>;
  body?: OutgoingBody;
  /** Takes the body of a success. */
  sink?: BodySink;
  /** Whether the limits that it waited for learn from it, as from every request with a body. */
  isCounted?: boolean;
  signal?: AbortSignal | undefined;
}

/** A request that is signed already, in its headers or in its address. */
export type SignedRequest = ObjectRequest & {
  headers: Readonly<Record<string, string>>;
  /** Takes the place of the address that bucket, key and query make. */
  address?: Address;
};

export interface Sender {
  /**
   * Signs a request with its lease, sends it and returns the response. Throws what `toStoreError`
   * makes of anything but a success.
   */
  send(request: ObjectRequest): Promise<HttpResponse>;
  /** Does the same with a request that was signed elsewhere. */
  sendSigned(request: SignedRequest): Promise<HttpResponse>;
}

export function createSender(pool: ConnectionPool, clocks: ClockOffsets): Sender {
  function sendSigned(request: SignedRequest): Promise<HttpResponse> {
    const { method, headers, body, sink, signal, lease, key, query = {} } = request;
    const address = request.address ?? addressOf(lease.bucket, key, query);
    const bodies = { ...(body && { body }), ...(sink && { sink }) };
    return pool.send({ method, address, headers, ...bodies, signal }).then(
      (response) => {
        if (!isFailure(response, request)) return response;
        const error = toStoreError({ response }, request);
        if (error.code === "STORE_CLOCK")
          clocks.learn(lease.bucket.endpoint, response.headers.date);
        throw error;
      },
      (thrown: unknown) => {
        throw toStoreError({ thrown, progress: progressOf(thrown, body) }, request);
      },
    );
  }
  return {
    sendSigned,
    send: (request) =>
      sendSigned({
        ...request,
        headers: signedHeaders(request, clocks.now(request.lease.bucket.endpoint)),
      }),
  };
}

function progressOf(thrown: unknown, body: OutgoingBody | undefined): string {
  const sent = bytesSentOf(thrown);
  return sent === undefined || !body ? "" : ` after ${sent} of its ${body.length} bytes`;
}

function signedHeaders(request: ObjectRequest, now: number): Record<string, string> {
  const { method, key, lease, query = {} } = request;
  const { bucket, credentials } = lease;
  const isV4 = bucket.signatureVersion === "v4";
  const headers: Record<string, string> = {
    ...request.headers,
    "x-oss-date": isV4 ? dateV4(now) : dateV1(now),
    "x-oss-security-token": credentials.securityToken,
    ...(isV4 && { "x-oss-content-sha256": "UNSIGNED-PAYLOAD" }),
  };
  const { accessKeyId, accessKeySecret } = credentials;
  const toSign = { method, bucket: bucket.name, key, query, headers, accessKeyId, accessKeySecret };
  headers.authorization = isV4 ? signV4({ ...toSign, region: bucket.region }) : signV1(toSign);
  return headers;
}
