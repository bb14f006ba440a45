import { ExhibitError } from "@exhibit/contracts";
import { isUsable, REFUSAL_MEMORY, type Verdict, verdictOn } from "./kept-answer.ts";
import type { Lease } from "./lease.ts";
import { type KeptLease, type LeaseStore, memoryLeaseStore } from "./lease-store.ts";
import { type KeyedCall, sharedCalls } from "./shared-calls.ts";
import { type FolderKey, type FolderOfCase, folderKey, type Vendor } from "./vendor.ts";

export interface LeaseOptions {
  /** The id of a lease that OSS refused: the answer is another one. */
  readonly unlike?: string;
  /** Milliseconds that the lease must still live; half of its life at most is granted. Default 60,000, less for short lives. */
  readonly minimumRemaining?: number;
  /**
   * Ms since the epoch: a refusal from before isn't believed, the vendor is asked again. For whoever retries after
   * something was mended.
   */
  readonly refusedSince?: number;
  /** Stops the waiting of this caller; the vendor's call goes on for the others. */
  readonly signal?: AbortSignal;
}

/** Hands out leases: one call to the vendor for all who need what it opens. */
export interface Broker {
  /** Checks that the vendor is configured and can name this folder. No I/O. Throws REQUEST_INVALID naming the key. */
  check(of: FolderOfCase): void;
  /**
   * The lease that opens the folder. For equal calls the vendor is asked once at a time, whoever asks, and ahead of
   * the lease's end. Throws the vendor's VENDOR_* errors as they are, VENDOR_REFUSED with the vendor's own code
   * when this folder isn't opened, REQUEST_INVALID like `check`, INTERRUPTED when `signal` is aborted or the broker
   * is closed. It doesn't retry: the caller does, by the error's action.
   */
  lease(of: FolderOfCase, options?: LeaseOptions): Promise<Lease>;
  /** Stops the calls that are under way. */
  close(): void;
}

export interface BrokerOptions {
  /** Configured vendors by name: see `createVendors`. */
  readonly vendors: Readonly<Record<string, Vendor>>;
  /** Default: in this process's memory. */
  readonly store?: LeaseStore;
  /** Ms since the epoch. */
  readonly now?: () => number;
}

interface Asked extends KeyedCall {
  readonly folder: FolderKey;
  /** The folder for people, such as `suit_id 1001`. */
  readonly label: string;
}

export function createBroker(options: BrokerOptions): Broker {
  const { vendors, now = Date.now } = options;
  const store = options.store ?? memoryLeaseStore(now);
  const calls = sharedCalls({ store, now });

  async function leaseFor(asked: Asked, wanted: LeaseOptions): Promise<KeptLease> {
    const answer = await store.get(asked.key);
    if (answer !== undefined) {
      const verdict = verdictOn(answer, asked.folder);
      const isFresh =
        verdict.is === "open"
          ? isUsable(verdict.lease, wanted, now())
          : now() < answer.answeredAt + REFUSAL_MEMORY &&
            answer.answeredAt >= (wanted.refusedSince ?? 0);
      if (isFresh) {
        if (verdict.is === "open" && now() >= verdict.lease.renewAt) calls.renewBehind(asked);
        return opened(verdict, asked);
      }
    }
    return opened(verdictOn(await calls.renew(asked, wanted.refusedSince), asked.folder), asked);
  }

  return {
    check(of) {
      askedFor(vendors, of);
    },
    async lease(of, wanted = {}) {
      const asked = askedFor(vendors, of);
      const kept = await untilAborted(wanted.signal, () => leaseFor(asked, wanted));
      const { id, credentials, bucket, folders, prefixes, expiresAt } = kept;
      return {
        id,
        vendor: of.vendor,
        credentials,
        bucket,
        prefix: folders[asked.folder] as string,
        prefixes,
        expiresAt: new Date(expiresAt),
      };
    },
    close: () => calls.close(),
  };
}

function askedFor(vendors: Readonly<Record<string, Vendor>>, of: FolderOfCase): Asked {
  const vendor = Object.hasOwn(vendors, of.vendor) ? vendors[of.vendor] : undefined;
  if (vendor === undefined) {
    const known = Object.keys(vendors).join(", ") || "none";
    throw invalid(
      `vendor: ${JSON.stringify(of.vendor)} isn't configured; configured: ${known}`,
      of.vendor,
    );
  }
  const selected = vendor.selector.safeParse(of.folder);
  if (!selected.success) {
    const faults = selected.error.issues.map(
      ({ path, message }) => `${["folder", ...path].join(".")}: ${message}`,
    );
    throw invalid(faults.join("; "), of.vendor);
  }
  const call = vendor.call({ ...of, folder: selected.data });
  return {
    vendor,
    call,
    key: JSON.stringify([of.vendor, ...Object.entries(call).sort(([a], [b]) => (a < b ? -1 : 1))]),
    folder: folderKey(selected.data),
    label: Object.entries(selected.data).flat().join(" "),
  };
}

function opened(verdict: Verdict, { vendor: { name: vendor }, label }: Asked): KeptLease {
  if (verdict.is === "open") return verdict.lease;
  const { code, message } = verdict.refusal;
  const reason = `${code} ${message}`.trim() || "no reason given";
  throw new ExhibitError("VENDOR_REFUSED", `${vendor}: doesn't open ${label}: ${reason}`, {
    details: { vendor, folder: label, code, message },
  });
}

function invalid(message: string, vendor: string): ExhibitError {
  return new ExhibitError("REQUEST_INVALID", message, { details: { vendor } });
}

async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () =>
    reject(
      new ExhibitError("INTERRUPTED", "waiting for a lease was stopped", { cause: signal.reason }),
    );
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race(signal.aborted ? [aborted] : [aborted, work()]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
