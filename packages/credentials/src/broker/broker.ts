import { inspect } from "node:util";
import { ExhibitError, plainIssue, type VendorState } from "@exhibit/contracts";
import type { Lease } from "../lease.ts";
import { expiringMap } from "../stores/expiring-map.ts";
import type { KeptAnswer, KeptLease, LeaseStore } from "../stores/lease-store.ts";
import { memoryLeaseStore } from "../stores/memory-lease-store.ts";
import {
  type FolderKey,
  type FolderOfCase,
  folderKey,
  type PerFile,
  type Vendor,
} from "../vendor.ts";
import { isUsable, REFUSAL_MEMORY, type Verdict, verdictOn } from "./answer-cache.ts";
import { type KeyedCall, sharedCalls, type Wish } from "./single-flight.ts";
import { type CallOutcome, type VendorGate, vendorGate } from "./vendor-gate.ts";

export interface LeaseOptions {
  /** The id of a lease that OSS refused: the answer is another one. */
  readonly unlike?: string;
  /** Milliseconds that the lease must still live; half of its life at most is granted. Default 30,000, less for short lives. */
  readonly minimumRemaining?: number;
  /**
   * Ms since the epoch: a refusal from before isn't believed, the vendor is asked again. For whoever retries after
   * something was mended.
   */
  readonly refusedSince?: number;
  /** The same for a lease: what the vendor answered before this time isn't taken, it is asked again. */
  readonly answeredSince?: number;
  /** Stops the waiting of this caller; the vendor's call goes on for the others. */
  readonly signal?: AbortSignal;
}

/** Hands out leases: one call to the vendor for all who need what it opens. */
export interface Broker {
  /** Checks that the vendor is configured and can name this folder. No I/O. Throws REQUEST_INVALID naming the key. */
  check(of: FolderOfCase): void;
  /** Set for a vendor that opens files one by one: a lease is then asked for by a file's selector, not by a folder's. */
  perFile(vendor: string): PerFile | undefined;
  /**
   * The lease that opens the folder. For equal calls the vendor is asked once at a time, whichever broker on the store
   * asks, and ahead of the lease's end; while it lasts, nothing but this process's memory is asked. `of` isn't changed
   * afterwards: files of a folder ask with the same object. Throws the vendor's VENDOR_* errors as they are (with what
   * is left of the time in `retryAfter`), VENDOR_REFUSED with the vendor's own code when this folder isn't opened,
   * REQUEST_INVALID like `check`, INTERRUPTED when `signal` is aborted or the broker is closed. It doesn't retry: the
   * caller does, by the error's action.
   */
  lease(of: FolderOfCase, options?: LeaseOptions): Promise<Lease>;
  /** How each configured vendor stands, as far as the brokers on this store know. */
  states(): Promise<VendorState[]>;
  /** Stops the calls that are under way. The store is its owner's to close. */
  close(): void;
}

export interface BrokerOptions {
  /** Configured vendors by name: see `createVendors`. */
  readonly vendors: Readonly<Record<string, Vendor>>;
  /** Default: in this process's memory. */
  readonly store?: LeaseStore;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** Told of every call that this process made to a vendor. */
  readonly onCall?: (vendor: string, outcome: CallOutcome) => void;
  /** Told once of each vendor whose times are taken for UTC: see `Lease.assumedUtc`. */
  readonly onAssumedUtc?: (vendor: string, said: string) => void;
}

interface Asked extends KeyedCall {
  readonly folder: FolderKey;
  /** The folder for people, such as `suit_id 1001`. */
  readonly label: string;
}

export function createBroker(options: BrokerOptions): Broker {
  const { vendors, now = Date.now, onCall, onAssumedUtc } = options;
  const store = options.store ?? memoryLeaseStore(now);
  // What this process uses, so that the store isn't asked for every file.
  const held = expiringMap<KeptAnswer>(now);
  const gates = new Map(
    Object.values(vendors).map((vendor) => [vendor, vendorGate(vendor, { store, now, onCall })]),
  );
  const gateOf = (vendor: Vendor) => gates.get(vendor) as VendorGate;
  const calls = sharedCalls({ store, gateOf, now, held });
  // The files of a shard ask with the same object.
  const asked = new WeakMap<FolderOfCase, Asked>();

  function askedOnce(of: FolderOfCase): Asked {
    const known = asked.get(of);
    if (known !== undefined) return known;
    const made = askedFor(vendors, of, (vendor) => vendor.perFile?.selector ?? vendor.selector);
    asked.set(of, made);
    return made;
  }

  function suits(answer: KeptAnswer, verdict: Verdict, wanted: LeaseOptions): boolean {
    const isRecent = now() < answer.answeredAt + REFUSAL_MEMORY;
    const isBelieved = isRecent && answer.answeredAt >= (wanted.refusedSince ?? 0);
    if (verdict.is !== "open") return isBelieved;
    if (answer.answeredAt < (wanted.answeredSince ?? 0)) return false;
    // An earlier answer's lease: as long as the vendor gives no other, it is used to its end.
    const isLast = isBelieved && verdict.lease.issuedAt < answer.answeredAt;
    return isUsable(verdict.lease, isLast ? { ...wanted, minimumRemaining: 0 } : wanted, now());
  }

  function isUseless(answer: KeptAnswer, folder: FolderKey, { unlike }: LeaseOptions): boolean {
    const verdict = verdictOn(answer, folder);
    if (verdict.is !== "open") return false;
    return verdict.lease.id === unlike || verdict.lease.expiresAt <= now();
  }

  /** Enough for what has a lease that should be renewed: another broker may have done it. */
  const renewed: Wish = {
    suits: ({ leases }) => leases.length > 0 && leases.every(({ renewAt }) => now() < renewAt),
    isUseless: () => false,
    unlike: undefined,
    refusedSince: 0,
  };

  /** What this process holds, if that will do. */
  function heldLease(of: Asked, wanted: LeaseOptions): Lease | undefined {
    const answer = held.get(of.key);
    if (answer === undefined) return undefined;
    const verdict = verdictOn(answer, of.folder);
    if (!suits(answer, verdict, wanted)) return undefined;
    const lease = opened(verdict, of);
    if (now() >= lease.renewAt) calls.obtainBehind(of, renewed);
    return leaseOf(lease, of);
  }

  async function newLease(of: Asked, wanted: LeaseOptions): Promise<Lease> {
    const answer = await calls.obtain(of, {
      suits: (kept) => suits(kept, verdictOn(kept, of.folder), wanted),
      isUseless: (kept) => isUseless(kept, of.folder, wanted),
      unlike: wanted.unlike,
      refusedSince: wanted.refusedSince ?? 0,
    });
    const lease = leaseOf(opened(verdictOn(answer, of.folder), of), of);
    tellAssumption(lease);
    return lease;
  }

  const told = new Set<string>();
  function tellAssumption({ vendor, assumedUtc }: Lease): void {
    if (assumedUtc === undefined || told.has(vendor)) return;
    told.add(vendor);
    onAssumedUtc?.(vendor, assumedUtc);
  }

  return {
    check(of) {
      askedFor(vendors, of, (vendor) => vendor.selector);
    },
    perFile: (vendor) => (Object.hasOwn(vendors, vendor) ? vendors[vendor]?.perFile : undefined),
    async lease(of, wanted = {}) {
      const { signal } = wanted;
      if (signal?.aborted) throw stopped(signal);
      const asks = askedOnce(of);
      return heldLease(asks, wanted) ?? untilAborted(signal, () => newLease(asks, wanted));
    },
    states: () => Promise.all([...gates.values()].map((gate) => gate.state())),
    close: () => calls.close(),
  };
}

/** Every file asks for its folder's lease; it's made once for all of them. */
const leases = new WeakMap<KeptLease, Map<FolderKey, Lease>>();

function leaseOf(kept: KeptLease, asked: Asked): Lease {
  const byFolder = leases.get(kept) ?? new Map<FolderKey, Lease>();
  leases.set(kept, byFolder);
  const lease = byFolder.get(asked.folder) ?? newLeaseOf(kept, asked);
  byFolder.set(asked.folder, lease);
  return lease;
}

function newLeaseOf(kept: KeptLease, { vendor, folder }: Asked): Lease {
  const { id, credentials, bucket, folders, prefixes, object, expiresAt, assumedUtc } = kept;
  return {
    id,
    vendor: vendor.name,
    credentials: veiled(credentials),
    bucket,
    prefix: folders[folder] as string,
    prefixes,
    ...(object === undefined ? {} : { object: veiled(object) }),
    expiresAt: new Date(expiresAt),
    ...(assumedUtc === undefined ? {} : { assumedUtc }),
  };
}

/** A copy that prints as `***`; it can still be spread and written as JSON. */
function veiled<Value extends object>(value: Value): Value {
  return Object.defineProperty({ ...value }, inspect.custom, { value: () => "***" });
}

function askedFor(
  vendors: Readonly<Record<string, Vendor>>,
  of: FolderOfCase,
  selectorOf: (vendor: Vendor) => Vendor["selector"],
): Asked {
  const vendor = Object.hasOwn(vendors, of.vendor) ? vendors[of.vendor] : undefined;
  if (vendor === undefined) {
    const known = Object.keys(vendors).join(", ") || "none";
    throw invalid(
      `vendor: ${JSON.stringify(of.vendor)} isn't configured; configured: ${known}`,
      of.vendor,
    );
  }
  const selected = selectorOf(vendor).safeParse(of.folder, { error: plainIssue });
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
    key: JSON.stringify([
      of.vendor,
      vendor.fingerprint ?? "",
      ...Object.entries(call).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
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
  const stop = () => reject(stopped(signal));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([aborted, work()]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function stopped({ reason }: AbortSignal): ExhibitError {
  return new ExhibitError("INTERRUPTED", "waiting for a lease was stopped", { cause: reason });
}
