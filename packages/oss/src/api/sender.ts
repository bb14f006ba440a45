import { bytesSentOf } from "../http/connection.ts";
import type { OutgoingBody, Transport } from "../http/connection-pool.ts";
import { type Address, addressOf } from "../signing/addressing.ts";
import type { Query } from "../signing/encoding.ts";
import { dateV1, signV1 } from "../signing/sign-v1.ts";
import { dateV4, signV4 } from "../signing/sign-v4.ts";
import type { Clock } from "./clock-offsets.ts";
import { type About, type Answer, isFault, toStoreError } from "./store-error.ts";

export interface ObjectRequest extends About {
  method: string;
  query?: Query;
  /** Names in lower case; those of the signature are added. */
  headers?: Readonly<Record<string, string>>;
  body?: OutgoingBody;
  signal?: AbortSignal | undefined;
}

/** A request that is signed already: in its headers, or in the address. */
type SignedRequest = ObjectRequest & {
  headers: Readonly<Record<string, string>>;
  /** Instead of the one that bucket, key and query make. */
  address?: Address;
};

export interface Sender {
  /** Signs with the lease and sends. Throws what `toStoreError` makes of anything but a success. */
  send(request: ObjectRequest): Promise<Answer>;
  /** The same for a request that was signed elsewhere. */
  sendSigned(request: SignedRequest): Promise<Answer>;
}

export function createSender(transport: Transport, clock: Clock): Sender {
  function sendSigned(request: SignedRequest): Promise<Answer> {
    const { method, headers, body, signal, lease, key, query = {} } = request;
    const address = request.address ?? addressOf(lease.bucket, key, query);
    return transport.send({ method, address, headers, ...(body && { body }), signal }).then(
      (answer) => {
        if (!isFault(answer, request)) return answer;
        const error = toStoreError({ answer }, request);
        if (error.code === "STORE_CLOCK") clock.learn(lease.bucket.endpoint, answer.headers.date);
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
        headers: signedHeaders(request, clock.now(request.lease.bucket.endpoint)),
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
  const v4 = bucket.signatureVersion === "v4";
  const headers: Record<string, string> = {
    ...request.headers,
    "x-oss-date": v4 ? dateV4(now) : dateV1(now),
    "x-oss-security-token": credentials.securityToken,
    ...(v4 && { "x-oss-content-sha256": "UNSIGNED-PAYLOAD" }),
  };
  const { accessKeyId, accessKeySecret } = credentials;
  const toSign = { method, bucket: bucket.name, key, query, headers, accessKeyId, accessKeySecret };
  headers.authorization = v4 ? signV4({ ...toSign, region: bucket.region }) : signV1(toSign);
  return headers;
}
