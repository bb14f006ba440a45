import { inspect } from "node:util";
import {
  ExhibitError,
  type HeldLease,
  issueLine,
  plainIssue,
  type VendorState,
} from "@exhibit/contracts";
import { type FolderSchema, folderSchema } from "../folder-schema.ts";
import type { Lease } from "../lease.ts";
import { expiringMap } from "../stores/expiring-map.ts";
import type { CachedAnswer, CachedLease, LeaseStore } from "../stores/lease-store.ts";
import { memoryLeaseStore } from "../stores/memory-lease-store.ts";
import {
  type FolderKey,
  type FolderOfCase,
  folderKey,
  type PerFile,
  type Vendor,
} from "../vendor.ts";
import { type FolderVerdict, isUsable, REFUSAL_MEMORY, verdictOn } from "./answer-cache.ts";
import { type KeyedCall, type Requirement, singleFlight } from "./single-flight.ts";
import { type CallOutcome, type VendorGate, vendorGate } from "./vendor-gate.ts";

export interface LeaseOptions {
  /** The id of a lease that OSS refused; another lease is returned. */
  readonly unlike?: string;
  /**
   * Milliseconds that must be left of the lease, at most half of its life.
   * @defaultValue 30,000, less for short lives
   */
  readonly minimumRemaining?: number;
  /**
   * In ms since the epoch: for refusals from before this time, the vendor is called again. For
   * retries after something was fixed.
   */
  readonly refusedSince?: number;
  /** The same for leases: for those answered before this time, the vendor is called again. */
  readonly answeredSince?: number;
  /** Ends the wait of this caller; the call to the vendor goes on for the others. */
  readonly signal?: AbortSignal;
}

/** Hands out leases, with one call to the vendor for everyone who needs what it opens. */
export interface Broker {
  /**
   * Checks that the vendor is configured and can name this folder. No I/O. Throws REQUEST_INVALID
   * naming the key.
   */
  check(of: FolderOfCase): void;
  /** Returns whether a vendor of this name is configured. */
  has(vendor: string): boolean;
  /** Returns how each configured vendor names a folder, as JSON Schema. */
  folderSchemas(): ReadonlyMap<string, FolderSchema>;
  /** Returns the ability of a vendor that opens files one by one: ask for its leases by file. */
  perFile(vendor: string): PerFile | undefined;
  /**
   * Returns the lease that opens the folder. A lease comes from this process's memory while it
   * lasts and is renewed ahead of its end; brokers that share a store make equal calls to the
   * vendor one at a time. Don't change `of` afterwards: all files of a folder pass the same object.
   *
   * Throws the vendor's VENDOR_* errors (with what is left of the time in `retryAfter`),
   * VENDOR_REFUSED with the vendor's own code if this folder isn't opened, REQUEST_INVALID like
   * `check`, INTERRUPTED if `signal` aborts or the broker is closed. Doesn't retry: callers do, by
   * the error's action.
   */
  lease(of: FolderOfCase, options?: LeaseOptions): Promise<Lease>;
  /** Returns the state of each configured vendor, as far as the brokers on this store know. */
  states(): Promise<VendorState[]>;
  /**
   * Returns the leases that this process holds, the last to end first: where they lead, and nothing
   * that opens it.
   */
  held(): HeldLease[];
  /** Stops the calls in progress. The store's owner closes the store. */
  close(): void;
}

export interface BrokerOptions {
  /** Configured vendors by name: see `createVendors`. */
  readonly vendors: Readonly<Record<string, Vendor>>;
  /** @defaultValue a store in this process's memory */
  readonly store?: LeaseStore;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** Called after every call that this process made to a vendor. */
  readonly onCall?: (vendor: string, outcome: CallOutcome) => void;
  /** Called once for each vendor whose times are read as UTC: see `Lease.assumedUtc`. */
  readonly onAssumedUtc?: (vendor: string, said: string) => void;
}

interface LeaseRequest extends KeyedCall {
  readonly folder: FolderKey;
  /** The folder for people, such as `suit_id 1001`. */
  readonly label: string;
}

export function createBroker(options: BrokerOptions): Broker {
  const { vendors, now = Date.now, onCall, onAssumedUtc } = options;
  const store = options.store ?? memoryLeaseStore(now);
  // What this process uses, so that the store isn't read for every file.
  const held = expiringMap<CachedAnswer>(now);
  const gates = new Map(
    Object.values(vendors).map((vendor) => [vendor, vendorGate(vendor, { store, now, onCall })]),
  );
  const schemas = new Map(
    Object.values(vendors).map(({ name, selector }) => [name, folderSchema(selector)]),
  );
  const gateOf = (vendor: Vendor) => gates.get(vendor) as VendorGate;
  const flights = singleFlight({ store, gateOf, now, held });
  // The files of a shard pass the same object.
  const requests = new WeakMap<FolderOfCase, LeaseRequest>();

  function requestOf(of: FolderOfCase): LeaseRequest {
    const known = requests.get(of);
    if (known !== undefined) return known;
    const made = newRequest(vendors, of, (vendor) => vendor.perFile?.selector ?? vendor.selector);
    requests.set(of, made);
    return made;
  }

  function suits(answer: CachedAnswer, verdict: FolderVerdict, wanted: LeaseOptions): boolean {
    const isRecent = now() < answer.answeredAt + REFUSAL_MEMORY;
    const isCurrent = isRecent && answer.answeredAt >= (wanted.refusedSince ?? 0);
    if (verdict.is !== "open") return isCurrent;
    if (answer.answeredAt < (wanted.answeredSince ?? 0)) return false;
    // A lease of an earlier answer is used to its end as long as the vendor gives no other.
    const isLast = isCurrent && verdict.lease.issuedAt < answer.answeredAt;
    return isUsable(verdict.lease, isLast ? { ...wanted, minimumRemaining: 0 } : wanted, now());
  }

  function isUseless(answer: CachedAnswer, folder: FolderKey, { unlike }: LeaseOptions): boolean {
    const verdict = verdictOn(answer, folder);
    if (verdict.is !== "open") return false;
    return verdict.lease.id === unlike || verdict.lease.expiresAt <= now();
  }

  /** What a renewal needs: another broker may have done it already. */
  const renewed: Requirement = {
    suits: ({ leases }) => leases.length > 0 && leases.every(({ renewAt }) => now() < renewAt),
    isUseless: () => false,
    unlike: undefined,
    refusedSince: 0,
  };

  /** Returns the lease that this process holds, if it suits. */
  function heldLease(of: LeaseRequest, wanted: LeaseOptions): Lease | undefined {
    const answer = held.get(of.key);
    if (answer === undefined) return undefined;
    const verdict = verdictOn(answer, of.folder);
    if (!suits(answer, verdict, wanted)) return undefined;
    const lease = opened(verdict, of);
    if (now() >= lease.renewAt) flights.renewInBackground(of, renewed);
    return leaseOf(lease, of);
  }

  async function newLease(of: LeaseRequest, wanted: LeaseOptions): Promise<Lease> {
    const answer = await flights.obtain(of, {
      suits: (kept) => suits(kept, verdictOn(kept, of.folder), wanted),
      isUseless: (kept) => isUseless(kept, of.folder, wanted),
      unlike: wanted.unlike,
      refusedSince: wanted.refusedSince ?? 0,
    });
    const lease = leaseOf(opened(verdictOn(answer, of.folder), of), of);
    reportAssumption(lease);
    return lease;
  }

  const reported = new Set<string>();
  function reportAssumption({ vendor, assumedUtc }: Lease): void {
    if (assumedUtc === undefined || reported.has(vendor)) return;
    reported.add(vendor);
    onAssumedUtc?.(vendor, assumedUtc);
  }

  return {
    check(of) {
      newRequest(vendors, of, (vendor) => vendor.selector);
    },
    folderSchemas: () => schemas,
    has: (vendor) => Object.hasOwn(vendors, vendor),
    perFile: (vendor) => (Object.hasOwn(vendors, vendor) ? vendors[vendor]?.perFile : undefined),
    async lease(of, wanted = {}) {
      const { signal } = wanted;
      if (signal?.aborted) throw stopped(signal);
      const request = requestOf(of);
      return heldLease(request, wanted) ?? untilAborted(signal, () => newLease(request, wanted));
    },
    states: () => Promise.all([...gates.values()].map((gate) => gate.state())),
    held: () =>
      held
        .entries()
        .flatMap(([key, { leases }]) => leases.map((lease) => heldLeaseOf(vendorOfKey(key), lease)))
        .filter(({ expires_at }) => Date.parse(expires_at) > now())
        .sort((a, b) => b.expires_at.localeCompare(a.expires_at)),
    close: () => flights.close(),
  };
}

/** Names each part by itself: what a lease has beside them are its credentials. */
function heldLeaseOf(vendor: string, lease: CachedLease): HeldLease {
  const { id, bucket, prefixes, object, issuedAt, expiresAt } = lease;
  return {
    lease_id: id,
    vendor,
    endpoint: bucket.endpoint,
    bucket: bucket.name,
    // One that opens a single object has its key; the URL to put it to is a credential.
    prefixes: object === undefined ? [...prefixes] : [object.key],
    issued_at: new Date(issuedAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}

/** The name is the first part of a call's key: see `newRequest`. */
function vendorOfKey(key: string): string {
  return String((JSON.parse(key) as unknown[])[0]);
}

/** Every file asks for its folder's lease, which is made once for all of them. */
const leases = new WeakMap<CachedLease, Map<FolderKey, Lease>>();

function leaseOf(kept: CachedLease, request: LeaseRequest): Lease {
  const byFolder = leases.get(kept) ?? new Map<FolderKey, Lease>();
  leases.set(kept, byFolder);
  const lease = byFolder.get(request.folder) ?? newLeaseOf(kept, request);
  byFolder.set(request.folder, lease);
  return lease;
}

function newLeaseOf(kept: CachedLease, { vendor, folder }: LeaseRequest): Lease {
  const { id, credentials, bucket, folders, prefixes, object, expiresAt, assumedUtc } = kept;
  return {
    id,
    vendor: vendor.name,
    credentials: redacted(credentials),
    bucket,
    prefix: folders[folder] as string,
    prefixes,
    ...(object === undefined ? {} : { object: redacted(object) }),
    expiresAt: new Date(expiresAt),
    ...(assumedUtc === undefined ? {} : { assumedUtc }),
  };
}

/** Returns a copy that prints as `***` but can still be spread and written as JSON. */
function redacted<Value extends object>(value: Value): Value {
  return Object.defineProperty({ ...value }, inspect.custom, { value: () => "***" });
}

function newRequest(
  vendors: Readonly<Record<string, Vendor>>,
  of: FolderOfCase,
  selectorOf: (vendor: Vendor) => Vendor["selector"],
): LeaseRequest {
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
    const faults = selected.error.issues.map(({ path, message }) =>
      issueLine({ path: ["folder", ...path], message }),
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

function opened(
  verdict: FolderVerdict,
  { vendor: { name: vendor }, label }: LeaseRequest,
): CachedLease {
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
