import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import type { NotStored, UnfinishedFile } from "@exhibit/ledger";
import type { ObjectStore, Place } from "@exhibit/oss";
import type { Attempt } from "@exhibit/queue";
import type { NotStoredFile } from "./shard-result.ts";

/** What happened while a shard's files were sent. */
export interface Meanwhile {
  attempt: Pick<Attempt, "last" | "postponed">;
  /** Whether parts of the file got through. */
  hasMoved(file: UnfinishedFile): boolean;
  /** Whether the bucket that the file goes to took bytes of others. */
  takesOthers(file: UnfinishedFile): Promise<boolean>;
  /** Whether OSS answers a small request there right now. */
  answers(file: UnfinishedFile): Promise<boolean>;
}

/**
 * After so many postponements, an hour and more of them, what is met by one alone is no outage any more, even if nobody was
 * there to compare with.
 */
const PATIENCE = 20;

/**
 * OSS is down for everybody, or fails for one file only: a firewall, say, that resets the connection whenever that file is
 * sent. The first is waited out, the second uses up attempts, so that it comes to an end that a person can act on. It is the
 * file when OSS answers right now, and either took others meanwhile, or did so earlier, or this has lasted for an hour. Such
 * files are settled anew, as STORE_BLOCKED; gives their outcomes.
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
    const { code, message } = entry.error;
    const state = meanwhile.attempt.last ? "failed" : "planned";
    entry.outcome = { ...entry.outcome, state, code, message };
    return entry.outcome;
  });
}

const unreached: ReadonlySet<ErrorCode> = new Set(["STORE_UNAVAILABLE", "STORE_THROTTLED"]);

function isSuspect(
  { file, error }: NotStoredFile,
  { attempt, hasMoved }: Meanwhile,
  takesOthers: boolean,
): boolean {
  const isLong = attempt.postponed >= PATIENCE;
  // Of what OSS throttles others get through by turns, too: that says nothing.
  if (error.code === "STORE_THROTTLED") return isLong;
  if (error.code !== "STORE_UNAVAILABLE" || hasMoved(file)) return false;
  return isLong || takesOthers || file.code === "STORE_BLOCKED";
}

function blocked(cause: ExhibitError, takesOthers: boolean): ExhibitError {
  const sentence = cause.message.replace(/\.?$/, ".");
  const others = takesOthers ? " and takes other files" : "";
  return new ExhibitError(
    "STORE_BLOCKED",
    `${sentence} It was tried again and again and ends so each time, while OSS answers other requests${others}.`,
    { cause, details: cause.details },
  );
}

type Windows = ReturnType<ObjectStore["windows"]>;

/** Whether the bucket took bytes between the two. */
export function hasTaken(
  { endpoint, name }: Place["bucket"],
  before: Windows,
  after: Windows,
): boolean {
  const takenOf = (windows: Windows) =>
    windows.find((window) => window.endpoint === endpoint && window.bucket === name)?.taken ?? 0;
  return takenOf(after) > takenOf(before);
}

/**
 * The error, or VENDOR_REFUSED in its place when a vendor has failed for an hour to open this folder, and has opened others:
 * whatever it calls that, nothing changes by waiting.
 */
export async function asLastingRefusal(
  error: ExhibitError,
  broker: Pick<Broker, "states">,
  vendor: string,
  { postponed }: Pick<Attempt, "postponed">,
): Promise<ExhibitError> {
  if (error.code !== "VENDOR_UNAVAILABLE" || postponed < PATIENCE) return error;
  const state = (await broker.states()).find((one) => one.vendor === vendor);
  if (state?.state !== "ok" || state.leases === 0) return error;
  return new ExhibitError(
    "VENDOR_REFUSED",
    `${vendor} has failed for an hour to open this folder, while it opens others: ${error.message}`,
    { cause: error, details: error.details },
  );
}
