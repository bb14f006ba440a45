import { randomUUID } from "node:crypto";
import { ExhibitError, type LeaseAbilities } from "@exhibit/contracts";
import type { Lease, Tunnel } from "@exhibit/credentials";
import { createConnectionPool } from "../http/connection-pool.ts";
import { askAbilities } from "./abilities.ts";
import { createClockOffsets } from "./clock-offsets.ts";
import { createSender, type Sender } from "./sender.ts";

/** What OSS said about a few objects. */
export interface Found {
  readonly lookedFor: number;
  /** The bytes of those that are there, by their keys. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The policy doesn't allow looking. */
  readonly unreadable: boolean;
}

/** What OSS said to signed requests that change nothing. */
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
  /** What else the lease may do. */
  readonly may: LeaseAbilities;
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
 * Proves a lease by a HEAD of a key below its prefix that nobody has, and finds out what else it may do.
 * Throws STORE_*, LEASE_* and INTERRUPTED when OSS doesn't accept the lease, or can't be reached.
 */
export async function probe(lease: Lease, options: ProbeOptions = {}): Promise<Probe> {
  const { sender, close } = openSender(options);
  const { signal } = options;
  const key = lease.object?.key ?? `${lease.prefix}.exhibit-probe-${randomUUID()}`;
  try {
    const { outcome, requestId } = await head(sender, { lease, key, signal });
    const isReadable = outcome !== "unreadable";
    const may = await askAbilities(sender, { lease, isReadable, signal });
    return { outcome, key, requestId, may };
  } finally {
    close();
  }
}

/**
 * Looks for objects with these keys, one after the other, by HEAD. Throws STORE_*, LEASE_* and
 * INTERRUPTED.
 */
export async function lookFor(
  lease: Lease,
  keys: readonly string[],
  options: ProbeOptions = {},
): Promise<Found> {
  const { sender, close } = openSender(options);
  const { signal } = options;
  const sizes = new Map<string, number>();
  try {
    for (const key of keys) {
      const { outcome, size } = await head(sender, { lease, key, signal });
      if (outcome === "unreadable") return { lookedFor: 0, sizes: new Map(), unreadable: true };
      if (outcome === "present") sizes.set(key, size);
    }
    return { lookedFor: keys.length, sizes, unreadable: false };
  } finally {
    close();
  }
}

function openSender({ idleTimeout = 10_000, now = Date.now, tunnel }: ProbeOptions) {
  const pool = createConnectionPool({ maxSockets: 1, idleTimeout, tunnel });
  return { sender: createSender(pool, createClockOffsets(now)), close: () => pool.close() };
}

async function head(sender: Sender, of: Pick<Request, "lease" | "key" | "signal">): Promise<Head> {
  const request = { ...of, operation: "HeadObject", method: "HEAD" };
  try {
    return await headObject(sender, request);
  } catch (thrown) {
    // The sender has learned the time of OSS's clock from the response.
    if (!(thrown instanceof ExhibitError) || thrown.action !== "clock") throw thrown;
    return await headObject(sender, request);
  }
}

type Request = Parameters<Sender["send"]>[0];

interface Head extends Pick<Probe, "outcome" | "requestId"> {
  /** Bytes; 0 unless it is present. */
  readonly size: number;
}

async function headObject(sender: Sender, request: Request): Promise<Head> {
  try {
    const { headers } = await sender.send(request);
    const id = headers["x-oss-request-id"];
    const requestId = typeof id === "string" ? id : undefined;
    return { outcome: "present", requestId, size: Number(headers["content-length"]) };
  } catch (thrown) {
    const outcome = thrown instanceof ExhibitError ? outcomeOf(thrown) : undefined;
    if (outcome === undefined) throw thrown;
    const { oss_request_id: id } = (thrown as ExhibitError).details;
    return { outcome, requestId: id === undefined ? undefined : String(id), size: 0 };
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
