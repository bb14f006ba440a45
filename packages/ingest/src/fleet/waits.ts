import { type ErrorCode, ExhibitError, type WaitsFor, type WorkerWaits } from "@exhibit/contracts";
import { Postponed } from "@exhibit/queue";

/**
 * A job stands still when nothing of it has moved for so many milliseconds. With a heartbeat every
 * two seconds, that is known within five.
 */
const STILL_AFTER_MS = 2_500;
/** Postponed work stays listed until this many milliseconds after it should have come again. */
const LATE_AFTER_MS = 15_000;
/** The most waits told at a time; they share few causes. */
const MAX_TOLD = 50;

/** The work of one job. */
export interface Run {
  readonly importId: string;
  readonly folderId: number;
  readonly vendor: string;
  /** What people call its source. */
  readonly source: string;
  /**
   * Returns a number that grows with everything that moves. It is polled, so that nothing is done
   * per byte.
   */
  readonly moved: () => number;
}

/** Told by the work of one job how it goes. */
export interface RunWatch {
  /** Says where the files go: `bucket at host`. */
  place(name: string): void;
  /** Runs work that waits for the vendor. */
  asking<T>(work: () => Promise<T>): Promise<T>;
  /** Says what failed and will be retried. */
  fault(error: ExhibitError): void;
  /**
   * Says that the work ended, and after how long it comes again, if it was postponed because of its
   * last fault.
   */
  end(again?: Again): void;
}

/** When work that ended comes again. */
interface Again {
  /** Milliseconds. */
  readonly after: number;
  /** Whether that is the time, and not a guess. */
  readonly isKnown: boolean;
}

export interface Waits {
  begin(run: Run): RunWatch;
  /** Returns what moves and what waits now. */
  report(): WorkerWaits;
}

export interface WaitsOptions {
  /** Returns for how many milliseconds a disk or share has owed an answer. */
  diskSilence: () => number;
  /** Called once when a folder begins to wait for something, and once when that is over. */
  onChange?: (wait: WorkerWaits["waits"][number], isOver: boolean) => void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

interface Fault {
  for: WaitsFor;
  code: ErrorCode;
  message: string;
}

interface State extends Run {
  seen: number;
  movedAt: number;
  asking: number;
  placeName: string | undefined;
  fault: Fault | undefined;
}

/** Postponed work: nobody works on its folder until it comes again. */
interface PutOff {
  run: State;
  fault: Fault;
  since: number;
  until: number;
  /** When it comes again, where that is known. */
  comesAt: number | undefined;
}

/**
 * Tracks which jobs of one worker stand still, since when, and what they wait for: their last
 * fault, or else what owes them an answer.
 */
export function createWaits({ diskSilence, onChange, now = Date.now }: WaitsOptions): Waits {
  const runs = new Set<State>();
  const putOff = new Map<number, PutOff>();
  let told = new Map<string, WorkerWaits["waits"][number]>();

  function sample(run: State): void {
    const moved = run.moved();
    if (moved === run.seen) return;
    run.seen = moved;
    run.movedAt = now();
    run.fault = undefined;
    putOff.delete(run.folderId);
  }

  function causeOf(run: State): Fault {
    if (run.fault) return run.fault;
    if (run.asking > 0) {
      const message = `${run.vendor} hasn't answered yet.`;
      return { for: "vendor", code: "VENDOR_UNAVAILABLE", message };
    }
    if (run.placeName === undefined || diskSilence() >= STILL_AFTER_MS) {
      const message = `${run.source} hasn't been read any further.`;
      return { for: "source", code: "SOURCE_IO", message };
    }
    return { for: "store", code: "STORE_UNAVAILABLE", message: "OSS hasn't answered yet." };
  }

  function nameOf(run: State, waitsFor: WaitsFor): string | null {
    if (waitsFor === "vendor") return run.vendor;
    if (waitsFor === "source") return run.source;
    return waitsFor === "store" ? (run.placeName ?? null) : null;
  }

  function waitOf(run: State, cause: Fault, since: number): WorkerWaits["waits"][number] {
    return {
      ...cause,
      name: nameOf(run, cause.for),
      since: new Date(since).toISOString(),
      import_id: run.importId,
      folder_id: run.folderId,
      vendor: run.vendor,
    };
  }

  function tellChanges(waits: WorkerWaits["waits"]): void {
    const current = new Map(waits.map((wait) => [`${wait.folder_id} ${wait.for}`, wait]));
    for (const [key, wait] of current) if (!told.has(key)) onChange?.(wait, false);
    for (const [key, wait] of told) if (!current.has(key)) onChange?.(wait, true);
    told = current;
  }

  return {
    begin(run) {
      const before = putOff.get(run.folderId);
      const state: State = {
        ...run,
        seen: run.moved(),
        // Postponed work has stood still since then, whoever continues it.
        movedAt: before?.since ?? now(),
        asking: 0,
        placeName: before?.run.placeName,
        fault: before?.fault,
      };
      runs.add(state);
      return {
        place(name) {
          state.placeName = name;
        },
        async asking(work) {
          state.asking += 1;
          try {
            return await work();
          } finally {
            state.asking -= 1;
          }
        },
        fault(error) {
          state.fault = { for: kindOf(error.code), code: error.code, message: error.message };
        },
        end(again) {
          sample(state);
          runs.delete(state);
          const { fault, folderId, movedAt } = state;
          if (again === undefined || !fault) return;
          const at = now() + again.after;
          const comesAt = again.isKnown ? at : undefined;
          const until = at + LATE_AFTER_MS;
          putOff.set(folderId, { run: state, fault, since: movedAt, until, comesAt });
        },
      };
    },
    report() {
      const at = now();
      for (const run of runs) sample(run);
      for (const [folderId, { until }] of putOff) if (until < at) putOff.delete(folderId);
      const moving = new Map<number, WorkerWaits["moving"][number]>();
      for (const { movedAt, folderId, importId } of runs)
        if (at - movedAt < STILL_AFTER_MS)
          moving.set(folderId, { import_id: importId, folder_id: folderId });
      const waits = new Map<number, WorkerWaits["waits"][number]>();
      for (const { run, fault, since, comesAt } of putOff.values()) {
        const isAhead = comesAt !== undefined && comesAt > at;
        const until = isAhead ? { until: new Date(comesAt).toISOString() } : {};
        waits.set(run.folderId, { ...waitOf(run, fault, since), ...until });
      }
      for (const run of runs) {
        const still = at - run.movedAt >= STILL_AFTER_MS;
        if (still) waits.set(run.folderId, waitOf(run, causeOf(run), run.movedAt));
      }
      for (const folderId of moving.keys()) waits.delete(folderId);
      const listed = [...waits.values()].slice(0, MAX_TOLD);
      tellChanges(listed);
      return { moving: [...moving.values()], waits: listed };
    },
  };
}

/**
 * About the longest delay, in milliseconds, before a failed job's next attempt: the queue's backoff
 * grows up to it.
 */
const NEXT_ATTEMPT = 60_000;

/**
 * Runs the work of one job under watch. If it throws, it comes again later, unless it was stopped.
 */
export async function whileWatched<T>(
  waits: Pick<Waits, "begin">,
  run: Run,
  work: (watch: RunWatch) => Promise<T>,
): Promise<T> {
  const watch = waits.begin(run);
  let again: Again | undefined;
  try {
    return await work(watch);
  } catch (thrown) {
    if (thrown instanceof Postponed) again = { after: thrown.delayMs, isKnown: true };
    else if (!(thrown instanceof ExhibitError && thrown.code === "INTERRUPTED"))
      again = { after: NEXT_ATTEMPT, isKnown: false };
    throw thrown;
  } finally {
    watch.end(again);
  }
}

/** Returns whose fault an error is, by its code. */
function kindOf(code: ErrorCode): WaitsFor {
  if (code.startsWith("VENDOR_")) return "vendor";
  if (code.startsWith("SOURCE_")) return "source";
  return code === "SERVICE_UNREACHABLE" ? "ledger" : "store";
}
