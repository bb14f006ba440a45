import { type ErrorCode, ExhibitError, type WaitsFor, type WorkerWaits } from "@exhibit/contracts";
import { Postponed } from "@exhibit/queue";

/**
 * A job stands still when nothing of it has moved for so many milliseconds. With a sign of life every two seconds, that is known
 * within five.
 */
const STILL = 2_500;
/** What is put off stays on the list until this long after it should have come again. */
const LATE = 15_000;
/** Waits that are told at a time; they share few causes. */
const MOST_TOLD = 50;

/** The work of one job. */
export interface Run {
  readonly importId: string;
  readonly folderId: number;
  readonly vendor: string;
  /** What people call its source. */
  readonly source: string;
  /** Counts up with all that moves; nothing may be done for each byte. */
  readonly moved: () => number;
}

/** How the work of one job goes, told by those who do it. */
export interface RunWatch {
  /** Where what is sent goes: `bucket at host`. */
  place(name: string): void;
  /** Does what needs the vendor. */
  asking<T>(work: () => Promise<T>): Promise<T>;
  /** It failed, and is tried again by itself. */
  fault(error: ExhibitError): void;
  /** It ended; `comesAgainAfter`, in milliseconds, when it was put off because of its last fault. */
  end(comesAgainAfter?: number): void;
}

export interface Waits {
  begin(run: Run): RunWatch;
  /** What moves and what waits now. */
  look(): WorkerWaits;
}

export interface WaitsOptions {
  /** Milliseconds that a disk or share owes an answer. */
  diskSilence: () => number;
  /** Hears once when a folder begins to wait for something, and once when that is over. */
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

/** What was put off, by folder: nobody works on it until it comes again. */
interface PutOff {
  run: State;
  fault: Fault;
  since: number;
  until: number;
}

/**
 * Knows of the jobs of one worker which stand still, since when, and for what: by the fault that they met last, or else by what
 * owes them an answer.
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
    if (run.placeName === undefined || diskSilence() >= STILL) {
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
        // Work that was put off has stood still since then, whoever takes it up.
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
        end(comesAgainAfter) {
          sample(state);
          runs.delete(state);
          const { fault, folderId, movedAt } = state;
          if (comesAgainAfter === undefined || !fault) return;
          const until = now() + comesAgainAfter + LATE;
          putOff.set(folderId, { run: state, fault, since: movedAt, until });
        },
      };
    },
    look() {
      const at = now();
      for (const run of runs) sample(run);
      for (const [folderId, { until }] of putOff) if (until < at) putOff.delete(folderId);
      const moving = new Map<number, WorkerWaits["moving"][number]>();
      for (const { movedAt, folderId, importId } of runs)
        if (at - movedAt < STILL)
          moving.set(folderId, { import_id: importId, folder_id: folderId });
      const waits = new Map<number, WorkerWaits["waits"][number]>();
      for (const { run, fault, since } of putOff.values())
        waits.set(run.folderId, waitOf(run, fault, since));
      for (const run of runs) {
        const still = at - run.movedAt >= STILL;
        if (still) waits.set(run.folderId, waitOf(run, causeOf(run), run.movedAt));
      }
      for (const folderId of moving.keys()) waits.delete(folderId);
      const listed = [...waits.values()].slice(0, MOST_TOLD);
      tellChanges(listed);
      return { moving: [...moving.values()], waits: listed };
    },
  };
}

/** What a job that failed with an attempt left waits for, at most about: the queue's own pauses grow up to that. */
const NEXT_ATTEMPT = 60_000;

/** Does the work of one job under watch. What it throws brings it back later, unless it was stopped. */
export async function whileWatched<T>(
  waits: Pick<Waits, "begin">,
  run: Run,
  work: (watch: RunWatch) => Promise<T>,
): Promise<T> {
  const watch = waits.begin(run);
  let comesAgainAfter: number | undefined;
  try {
    return await work(watch);
  } catch (thrown) {
    if (thrown instanceof Postponed) comesAgainAfter = thrown.delayMs;
    else if (!(thrown instanceof ExhibitError && thrown.code === "INTERRUPTED"))
      comesAgainAfter = NEXT_ATTEMPT;
    throw thrown;
  } finally {
    watch.end(comesAgainAfter);
  }
}

/** Whose fault an error is, by its code. */
function kindOf(code: ErrorCode): WaitsFor {
  if (code.startsWith("VENDOR_")) return "vendor";
  if (code.startsWith("SOURCE_")) return "source";
  return code === "SERVICE_UNREACHABLE" ? "ledger" : "store";
}
