import { randomUUID } from "node:crypto";
import { ExhibitError } from "@exhibit/contracts";
import type { Lease, Tunnel } from "@exhibit/credentials";
import { createTransport } from "../http/connection-pool.ts";
import { createClock } from "./clock-offsets.ts";
import { createSender, type Sender } from "./sender.ts";

/** What OSS said to a signed request that changes nothing. */
export interface Probe {
  /**
   * `absent` and `present`: it took signature and policy; `unreadable`: it took the signature, but the policy doesn't
   * allow oss:GetObject, which is needed to tell whether an object that is there already has the same bytes.
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
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly tunnel?: Tunnel | undefined;
}

/**
 * Proves a lease: HEAD of a key that nobody has, below its prefix. Throws STORE_*, LEASE_* and INTERRUPTED when OSS
 * doesn't take the lease, or can't be reached.
 */
export async function probe(lease: Lease, options: ProbeOptions = {}): Promise<Probe> {
  const { signal, idleTimeout = 10_000, now = Date.now, tunnel } = options;
  const transport = createTransport({ maxSockets: 1, idleTimeout, tunnel });
  const sender = createSender(transport, createClock(now));
  const key = lease.object?.key ?? `${lease.prefix}.exhibit-probe-${randomUUID()}`;
  const head = { lease, key, operation: "HeadObject", method: "HEAD", signal };
  try {
    return { key, ...(await look(sender, head)) };
  } catch (thrown) {
    // The sender has learned OSS's clock from the answer.
    if (!(thrown instanceof ExhibitError) || thrown.action !== "clock") throw thrown;
    return { key, ...(await look(sender, head)) };
  } finally {
    transport.close();
  }
}

async function look(
  sender: Sender,
  head: Parameters<Sender["send"]>[0],
): Promise<Pick<Probe, "outcome" | "requestId">> {
  try {
    const { headers } = await sender.send(head);
    const requestId = headers["x-oss-request-id"];
    return { outcome: "present", requestId: typeof requestId === "string" ? requestId : undefined };
  } catch (thrown) {
    const outcome = thrown instanceof ExhibitError ? outcomeOf(thrown) : undefined;
    if (outcome === undefined) throw thrown;
    const { oss_request_id: id } = (thrown as ExhibitError).details;
    return { outcome, requestId: id === undefined ? undefined : String(id) };
  }
}

/** Undefined when OSS didn't take the request. It looks at the signature first, then at the policy. */
function outcomeOf({ code, details }: ExhibitError): Probe["outcome"] | undefined {
  const { oss_code, oss_status } = details;
  if (oss_status === 404 && (oss_code === undefined || oss_code === "NoSuchKey")) return "absent";
  if (code === "STORE_DENIED" && oss_code === "AccessDenied") return "unreadable";
  return undefined;
}
