import { randomUUID } from "node:crypto";
import { ExhibitError } from "@exhibit/contracts";
import type { CachedAnswer, CachedLease } from "../stores/lease-store.ts";
import type {
  FolderKey,
  FolderRefusal,
  GivenEnd,
  IssuedLease,
  LeaseEnd,
  VendorAnswer,
} from "../vendor.ts";

/** Milliseconds that a refusal is cached: 400 shards of a refused folder don't make 400 calls. */
export const REFUSAL_MEMORY = 10_000;

/** The share of a lease's life that is left when it is renewed, give or take the spread. */
const RENEWAL_SHARE = 0.1;
const RENEWAL_SPREAD = 0.02;

export type FolderVerdict =
  | { readonly is: "open"; readonly lease: CachedLease }
  | { readonly is: "refused"; readonly refusal: FolderRefusal };

/** Returns what an answer says about one folder. */
export function verdictOn({ leases, refusals }: CachedAnswer, folder: FolderKey): FolderVerdict {
  const refusalOf = (key: FolderKey | null) => refusals.find((each) => each.folder === key);
  const own = refusalOf(folder);
  if (own !== undefined) return { is: "refused", refusal: own };
  const lease = leases.find(({ folders }) => Object.hasOwn(folders, folder));
  if (lease !== undefined) return { is: "open", lease };
  const unnamed = { folder, code: "", message: "the answer doesn't open this folder" };
  return { is: "refused", refusal: refusalOf(null) ?? unnamed };
}

/**
 * Returns a vendor's answer with ids and times for its leases. Their lives count from `calledAt`,
 * which is before the vendor began to count. Throws VENDOR_ANSWER_INVALID for a lease that has
 * already expired, and for a folder that is a whole bucket.
 */
export function toCachedAnswer(
  vendor: string,
  answer: VendorAnswer,
  calledAt: number,
): CachedAnswer {
  const leases = answer.leases.map((issued) => cacheLease(vendor, issued, calledAt));
  return { answeredAt: calledAt, leases, refusals: answer.refusals };
}

/**
 * Returns an answer extended by what only an earlier one opens. Earlier credentials stay valid
 * until their own end, so a folder that is no longer opened, or is refused, keeps its lease until
 * then; that lease is due for renewal when the refusal is no longer cached. The lease `unlike`,
 * which OSS refused, isn't kept.
 */
export function withEarlier(
  answer: CachedAnswer,
  earlier: CachedAnswer | undefined,
  { unlike, now }: { unlike: string | undefined; now: number },
): CachedAnswer {
  const open = new Set(answer.leases.flatMap(({ folders }) => Object.keys(folders)));
  const living = (earlier?.leases ?? []).filter(
    ({ id, expiresAt }) => id !== unlike && expiresAt > now,
  );
  const left = living.flatMap((lease) => {
    const folders = Object.entries(lease.folders).filter(([folder]) => !open.has(folder));
    const renewAt = Math.max(lease.renewAt, answer.answeredAt + REFUSAL_MEMORY);
    return folders.length === 0
      ? []
      : [{ ...lease, folders: Object.fromEntries(folders), renewAt }];
  });
  const kept = new Set(left.flatMap(({ folders }) => Object.keys(folders)));
  return {
    answeredAt: answer.answeredAt,
    leases: [...answer.leases, ...left],
    refusals: answer.refusals.filter(({ folder }) => folder === null || !kept.has(folder)),
  };
}

/** Returns until when to cache an answer, in ms since the epoch. */
export function cachedUntil({ answeredAt, leases }: CachedAnswer): number {
  return Math.max(answeredAt + REFUSAL_MEMORY, ...leases.map(({ expiresAt }) => expiresAt));
}

/** Returns whether a lease may be handed out: see `LeaseOptions`. */
export function isUsable(
  { id, issuedAt, expiresAt }: CachedLease,
  wanted: { unlike?: string; minimumRemaining?: number },
  now: number,
): boolean {
  const life = expiresAt - issuedAt;
  // At most half of a life is granted: otherwise each lease would be replaced at once.
  const required =
    wanted.minimumRemaining === undefined
      ? Math.min(MINIMUM_REMAINING, life / 20)
      : Math.min(wanted.minimumRemaining, life / 2);
  return id !== wanted.unlike && expiresAt > now && expiresAt - now >= required;
}

/**
 * Milliseconds; enough for the requests in flight when a worker checks. A long upload asks for
 * more.
 */
const MINIMUM_REMAINING = 30_000;

function cacheLease(vendor: string, issued: IssuedLease, issuedAt: number): CachedLease {
  const { ends, ...rest } = issued;
  checkFolders(vendor, issued);
  const { expiresAt, assumedUtc } = endOf(vendor, ends, issuedAt);
  const share = RENEWAL_SHARE + RENEWAL_SPREAD * (2 * Math.random() - 1);
  const renewAt = Math.round(expiresAt - (expiresAt - issuedAt) * share);
  const times = { issuedAt, renewAt, expiresAt };
  return { id: randomUUID(), ...rest, ...times, ...(assumedUtc && { assumedUtc }) };
}

/**
 * Returns when a lease ends. A time without a zone is in the platform's zone, unless the
 * credentials would have expired before they were issued and UTC makes sense. If the guess is
 * wrong, OSS rejects the credentials, and a new lease is taken.
 */
function endOf(vendor: string, ends: LeaseEnd, issuedAt: number) {
  const expiresAt = "after" in ends ? issuedAt + ends.after : ends.at;
  if (expiresAt > issuedAt) return { expiresAt };
  const { said, zone, atIfUtc = 0 }: Partial<GivenEnd> = "after" in ends ? {} : ends;
  if (atIfUtc > issuedAt) return { expiresAt: atIfUtc, assumedUtc: said };
  const reading = zone === undefined ? "" : ` (read in the zone ${zone})`;
  const advice = zone === undefined ? "check the clock" : "check the clock and `expiration_zone`";
  const message = `${vendor}: the answer can't be used: its credentials expired at ${said}${reading}, and it is ${new Date(issuedAt).toISOString()}: ${advice}`;
  throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
}

/** Without prefixes, files of different folders would get the same key. */
function checkFolders(vendor: string, { folders, prefixes, object }: IssuedLease): void {
  if (object !== undefined || ![...Object.values(folders), ...prefixes].includes("")) return;
  const message = `${vendor}: the answer can't be used: it opens a whole bucket and names no folder in it`;
  throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
}
