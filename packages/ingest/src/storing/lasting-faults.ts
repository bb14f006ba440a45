import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import type { NotStored, UnfinishedFile } from "@exhibit/ledger";
import type { BucketPrefix, ObjectStore } from "@exhibit/oss";
import type { Attempt } from "@exhibit/queue";
import type { NotStoredFile } from "./shard-result.ts";

/** What else happened while a shard's files were sent. */
export interface Meanwhile {
  attempt: Pick<Attempt, "last" | "postponed">;
  /** Returns whether parts of the file got through. */
  hasMoved(file: UnfinishedFile): boolean;
  /** Returns whether the file's bucket accepted bytes of other files. */
  takesOthers(file: UnfinishedFile): Promise<boolean>;
  /** Returns whether OSS answers a small request there right now. */
  answers(file: UnfinishedFile): Promise<boolean>;
}

/**
 * After so many postponements, which take more than an hour, a fault that only one file or folder
 * has is no longer an outage, even if there was nothing to compare it with.
 */
const MAX_POSTPONEMENTS = 20;

/**
 * Settles files anew, as STORE_BLOCKED, if only they fail while OSS works: a firewall, say, resets
 * the connection whenever one of them is sent. An outage of OSS is waited out, but a blocked file
 * uses up attempts, so that it comes to an end that a person can act on. A file counts as blocked
 * if OSS answers right now, and OSS accepted other files meanwhile, or did so in an earlier run, or
 * the fault has lasted for an hour. Returns the new outcomes.
 */
export async function settleBlocked(
  notStored: readonly NotStoredFile[],
  meanwhile: Meanwhile,
): Promise<NotStored[]> {
  const [first] = notStored.filter(({ error }) => unreached.has(error.code));
  if (first === undefined) return [];
  const takesOthers = await meanwhile.takesOthers(first.file);
  const suspects = notStored.filter((entry) => isSuspect(entry, meanwhile, takesOthers));
  if (suspects.length === 0 || !(await meanwhile.answers(first.file))) return [];
  return suspects.map((entry) => {
    entry.error = blocked(entry.error, takesOthers);
    const { code, message, details } = entry.error;
    const state = meanwhile.attempt.last ? "failed" : "planned";
    entry.outcome = { ...entry.outcome, state, code, message, details };
    return entry.outcome;
  });
}

const unreached: ReadonlySet<ErrorCode> = new Set(["STORE_UNAVAILABLE", "STORE_THROTTLED"]);

function isSuspect(
  { file, error }: NotStoredFile,
  { attempt, hasMoved }: Meanwhile,
  takesOthers: boolean,
): boolean {
  const isLong = attempt.postponed >= MAX_POSTPONEMENTS;
  // When OSS throttles, some files get through while others don't: that says nothing about them.
  if (error.code === "STORE_THROTTLED") return isLong;
  if (error.code !== "STORE_UNAVAILABLE" || hasMoved(file)) return false;
  return isLong || takesOthers || file.code === "STORE_BLOCKED";
}

function blocked(cause: ExhibitError, takesOthers: boolean): ExhibitError {
  const sentence = cause.message.replace(/\.?$/, ".");
  const others = takesOthers ? " and takes other files" : "";
  return new ExhibitError(
    "STORE_BLOCKED",
    `${sentence} Every retry ends like this, while OSS answers other requests${others}.`,
    { cause, details: cause.details },
  );
}

type Windows = ReturnType<ObjectStore["windows"]>;

/** Returns whether the bucket accepted bytes between two looks at the windows. */
export function hasTaken(
  { endpoint, name }: BucketPrefix["bucket"],
  before: Windows,
  after: Windows,
): boolean {
  const takenOf = (windows: Windows) =>
    windows.find((window) => window.endpoint === endpoint && window.bucket === name)?.accepted ?? 0;
  return takenOf(after) > takenOf(before);
}

/**
 * Returns the error, or VENDOR_REFUSED in its place if the vendor has failed to open this folder
 * for an hour while it opens others: whatever the vendor calls that, waiting won't change it.
 */
export async function asLastingRefusal(
  error: ExhibitError,
  broker: Pick<Broker, "states">,
  vendor: string,
  { postponed }: Pick<Attempt, "postponed">,
): Promise<ExhibitError> {
  if (error.code !== "VENDOR_UNAVAILABLE" || postponed < MAX_POSTPONEMENTS) return error;
  const state = (await broker.states()).find((one) => one.vendor === vendor);
  if (state?.state !== "ok" || state.leases === 0) return error;
  return new ExhibitError(
    "VENDOR_REFUSED",
    `${vendor} has failed for an hour to open this folder, while it opens others: ${error.message}`,
    { cause: error, details: error.details },
  );
}
