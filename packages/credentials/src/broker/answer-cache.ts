import { randomUUID } from "node:crypto";
import { ExhibitError } from "@exhibit/contracts";
import type { KeptAnswer, KeptLease } from "../stores/lease-store.ts";
import type {
  FolderKey,
  FolderRefusal,
  GivenEnd,
  IssuedLease,
  LeaseEnd,
  VendorAnswer,
} from "../vendor.ts";

/** Milliseconds that a refusal is believed: 400 shards of a refused folder don't make 400 calls. */
export const REFUSAL_MEMORY = 10_000;

/** The share of a lease's life that is left when it is renewed, and how far workers spread around it. */
const RENEWAL_SHARE = 0.1;
const RENEWAL_SPREAD = 0.02;

export type Verdict =
  | { readonly is: "open"; readonly lease: KeptLease }
  | { readonly is: "refused"; readonly refusal: FolderRefusal };

/** What an answer says about one folder. */
export function verdictOn({ leases, refusals }: KeptAnswer, folder: FolderKey): Verdict {
  const refusalOf = (key: FolderKey | null) => refusals.find((each) => each.folder === key);
  const own = refusalOf(folder);
  if (own !== undefined) return { is: "refused", refusal: own };
  const lease = leases.find(({ folders }) => Object.hasOwn(folders, folder));
  if (lease !== undefined) return { is: "open", lease };
  const silence = { folder, code: "", message: "the answer opens no such folder" };
  return { is: "refused", refusal: refusalOf(null) ?? silence };
}

/**
 * Gives an answer's leases their names and times. Lives are counted from `askedAt`, which is before the vendor
 * began to count. Throws VENDOR_ANSWER_INVALID for a lease that has ended already, and for a folder that is a whole bucket.
 */
export function keep(vendor: string, answer: VendorAnswer, askedAt: number): KeptAnswer {
  const leases = answer.leases.map((issued) => keepLease(vendor, issued, askedAt));
  return { answeredAt: askedAt, leases, refusals: answer.refusals };
}

/**
 * The answer with what an earlier one opens beside it: earlier credentials stay valid until their own end, so a folder
 * that isn't opened any more, or is refused, keeps its lease until then. That lease is renewed again when the refusal
 * isn't believed any longer. Not so for the lease `unlike`, which OSS refused.
 */
export function withEarlier(
  answer: KeptAnswer,
  earlier: KeptAnswer | undefined,
  { unlike, now }: { unlike: string | undefined; now: number },
): KeptAnswer {
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

/** Until when an answer is of use, in ms since the epoch. */
export function keepUntil({ answeredAt, leases }: KeptAnswer): number {
  return Math.max(answeredAt + REFUSAL_MEMORY, ...leases.map(({ expiresAt }) => expiresAt));
}

/** True when the lease may be handed out: see `LeaseOptions`. */
export function isUsable(
  { id, issuedAt, expiresAt }: KeptLease,
  wanted: { unlike?: string; minimumRemaining?: number },
  now: number,
): boolean {
  const life = expiresAt - issuedAt;
  // More than half of a life can't be had for long: each lease would be replaced as soon as it is there.
  const required =
    wanted.minimumRemaining === undefined
      ? Math.min(MINIMUM_REMAINING, life / 20)
      : Math.min(wanted.minimumRemaining, life / 2);
  return id !== wanted.unlike && expiresAt > now && expiresAt - now >= required;
}

/** Milliseconds; enough for what is under way when a worker looks. A long upload asks for more. */
const MINIMUM_REMAINING = 30_000;

function keepLease(vendor: string, issued: IssuedLease, issuedAt: number): KeptLease {
  const { ends, ...rest } = issued;
  checkFolders(vendor, issued);
  const { expiresAt, assumedUtc } = endOf(vendor, ends, issuedAt);
  const share = RENEWAL_SHARE + RENEWAL_SPREAD * (2 * Math.random() - 1);
  const renewAt = Math.round(expiresAt - (expiresAt - issuedAt) * share);
  const times = { issuedAt, renewAt, expiresAt };
  return { id: randomUUID(), ...rest, ...times, ...(assumedUtc && { assumedUtc }) };
}

/**
 * A time that names no zone is the platform's, unless its credentials would have ended before they were issued and UTC
 * makes sense of it: a wrong guess is OSS's to find out, which then has a fresh lease taken.
 */
function endOf(vendor: string, ends: LeaseEnd, issuedAt: number) {
  const expiresAt = "after" in ends ? issuedAt + ends.after : ends.at;
  if (expiresAt > issuedAt) return { expiresAt };
  const { said, zone, atIfUtc = 0 }: Partial<GivenEnd> = "after" in ends ? {} : ends;
  if (atIfUtc > issuedAt) return { expiresAt: atIfUtc, assumedUtc: said };
  const reading = zone === undefined ? "" : ` (read in the zone ${zone})`;
  const cure = zone === undefined ? "check the clock" : "check the clock and `expiration_zone`";
  const message = `${vendor}: the answer can't be used: its credentials ended at ${said}${reading}, and it is ${new Date(issuedAt).toISOString()}: ${cure}`;
  throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
}

/** Where folders have no prefix of their own, files of different ones would get the same key. */
function checkFolders(vendor: string, { folders, prefixes, object }: IssuedLease): void {
  if (object !== undefined || ![...Object.values(folders), ...prefixes].includes("")) return;
  const message = `${vendor}: the answer can't be used: it opens a whole bucket and names no folder in it`;
  throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor } });
}
