import { randomUUID } from "node:crypto";
import { ExhibitError } from "@exhibit/contracts";
import type { Lease, Tunnel } from "@exhibit/credentials";
import { createConnectionPool } from "../http/connection-pool.ts";
import { createClockOffsets } from "./clock-offsets.ts";
import { createSender, type Sender } from "./sender.ts";

/** What OSS said to a signed request that changes nothing. */
export interface Probe {
  /**
   * `absent` and `present`: OSS accepted the signature and the policy. `unreadable`: it accepted
   * the signature, but the policy doesn't allow oss:GetObject, without which nobody can tell
   * whether an object that is there already has the same bytes.
   */
  readonly outcome: "absent" | "present" | "unreadable";
  readonly key: string;
  /** OSS's id of the request. */
  readonly requestId: string | undefined;
}

export interface ProbeOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte. @defaultValue 10000 */
  readonly idleTimeout?: number;
  /** Returns milliseconds since the epoch. */
  readonly now?: () => number;
  readonly tunnel?: Tunnel | undefined;
}

/**
 * Proves a lease by a HEAD of a key below its prefix that nobody has. Throws STORE_*, LEASE_* and
 * INTERRUPTED when OSS doesn't accept the lease, or can't be reached.
 */
export async function probe(lease: Lease, options: ProbeOptions = {}): Promise<Probe> {
  const { signal, idleTimeout = 10_000, now = Date.now, tunnel } = options;
  const pool = createConnectionPool({ maxSockets: 1, idleTimeout, tunnel });
  const sender = createSender(pool, createClockOffsets(now));
  const key = lease.object?.key ?? `${lease.prefix}.exhibit-probe-${randomUUID()}`;
  const request = { lease, key, operation: "HeadObject", method: "HEAD", signal };
  try {
    return { key, ...(await headObject(sender, request)) };
  } catch (thrown) {
    // The sender has learned the time of OSS's clock from the response.
    if (!(thrown instanceof ExhibitError) || thrown.action !== "clock") throw thrown;
    return { key, ...(await headObject(sender, request)) };
  } finally {
    pool.close();
  }
}

async function headObject(
  sender: Sender,
  request: Parameters<Sender["send"]>[0],
): Promise<Pick<Probe, "outcome" | "requestId">> {
  try {
    const { headers } = await sender.send(request);
    const requestId = headers["x-oss-request-id"];
    return { outcome: "present", requestId: typeof requestId === "string" ? requestId : undefined };
  } catch (thrown) {
    const outcome = thrown instanceof ExhibitError ? outcomeOf(thrown) : undefined;
    if (outcome === undefined) throw thrown;
    const { oss_request_id: id } = (thrown as ExhibitError).details;
    return { outcome, requestId: id === undefined ? undefined : String(id) };
  }
}

/**
 * Returns undefined when OSS didn't accept the request. OSS checks the signature first and the
 * policy afterwards.
 */
function outcomeOf({ code, details }: ExhibitError): Probe["outcome"] | undefined {
  const { oss_code, oss_status } = details;
  if (oss_status === 404 && (oss_code === undefined || oss_code === "NoSuchKey")) return "absent";
  if (code === "STORE_DENIED" && oss_code === "AccessDenied") return "unreadable";
  return undefined;
}
