import type OSS from "ali-oss";
import type { HttpResponse } from "../http/response.ts";
import type { Query } from "../signing/encoding.ts";
import type { ClockOffsets } from "./clock-offsets.ts";
import type { Target } from "./object-calls.ts";
import type { Operation } from "./operation.ts";
import type { Sender, SignedRequest } from "./sender.ts";
import { toStoreError } from "./store-error.ts";

/** A request that ali-oss makes. */
type AliRequest = Target & Operation & { query: Query };

/** Runs one call of an ali-oss client; returns its result and the HTTP response behind it. */
type AliCall = <T>(
  request: AliRequest,
  run: (client: OSS) => Promise<T>,
) => Promise<{ value: T; response: HttpResponse }>;

/**
 * ali-oss signs, writes and reads these requests; our own connections carry them. So they can be
 * aborted, share our connections, and keep their responses' headers (CRC64, request id, Date, the
 * requested delay), none of which ali-oss keeps on an error. A client lives for one call, because
 * ali-oss keeps state on it (credentials, a cancel flag).
 */
export function createAliCall(sender: Sender, clocks: ClockOffsets): AliCall {
  return async (request, run) => {
    const { default: AliOss } = await import("ali-oss");
    const wire = wireOf(sender, request);
    try {
      const client = new AliOss(optionsOf(request, clocks, wire) as OSS.Options);
      const value = await run(client);
      if (wire.response === undefined) throw new Error("ali-oss sent nothing");
      return { value, response: wire.response };
    } catch (thrown) {
      // ali-oss wraps what our sender threw. What it throws itself may hold the request, so it
      // doesn't become the cause.
      throw wire.failure ?? toStoreError({ thrown: new Error(reasonOf(thrown)) }, request);
    }
  };
}

/** What ali-oss hands to the HTTP client that it is given as its `urllib` option. */
interface UrllibRequest {
  method: string;
  headers: Record<string, string | number>;
  content?: string;
}

interface Wire {
  response?: HttpResponse;
  failure?: unknown;
  request(url: string, params: UrllibRequest): Promise<unknown>;
}

/**
 * Returns the HTTP client that ali-oss calls: our sender, which remembers what came of the request.
 */
function wireOf(sender: Sender, request: AliRequest): Wire {
  const wire: Wire = {
    async request(_url, params) {
      try {
        wire.response = await sender.sendSigned(toSignedRequest(request, params));
      } catch (error) {
        wire.failure = error;
        throw error;
      }
      const { status, headers, body } = wire.response;
      return { status, headers, data: body, res: { status, headers } };
    },
  };
  return wire;
}

/**
 * For an IP address as endpoint ali-oss invents a Host header, and its URL has no bucket:
 * addressing.ts decides both.
 */
function toSignedRequest(
  request: AliRequest,
  { method, headers, content }: UrllibRequest,
): SignedRequest {
  const kept = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
    .filter(([name]) => name !== "host" && name !== "content-length");
  const bytes = Buffer.from(content ?? "");
  // A DELETE has no body. A POST declares one even when it is empty.
  const body = method === "DELETE" ? {} : { body: { length: bytes.length, chunks: [bytes] } };
  return { ...request, method, headers: Object.fromEntries(kept), ...body };
}

function optionsOf({ lease }: AliRequest, clocks: ClockOffsets, wire: Wire) {
  const { bucket, credentials } = lease;
  return {
    accessKeyId: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    stsToken: credentials.securityToken,
    // This only keeps ali-oss from printing a warning; without `refreshSTSToken` it refreshes
    // nothing.
    refreshSTSTokenInterval: 300_000,
    bucket: bucket.name,
    endpoint: bucket.endpoint,
    // Without a region V4 signs for cn-hangzhou, whatever the endpoint.
    region: bucket.region,
    authorizationV4: bucket.signatureVersion === "v4",
    sldEnable: bucket.pathStyle,
    retryMax: 0,
    amendTimeSkewed: clocks.now(bucket.endpoint) - Date.now(),
    urllib: { request: wire.request },
  };
}

/** ali-oss quotes the whole response in some messages; the first line is enough. */
function reasonOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split("\n")[0] ?? "";
}
