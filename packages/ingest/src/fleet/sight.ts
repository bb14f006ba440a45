import { type ErrorCode, ExhibitError, type WorkerSight } from "@exhibit/contracts";
import { countOtherViews, type Ledger } from "@exhibit/ledger";
import type { MissedEntry, Sources } from "@exhibit/sources";

// What one worker doesn't see another may: its share isn't mounted, or is mounted for another user.
// So nothing that is missing fails before all live workers have looked. With each heartbeat a
// worker tells what its jobs didn't find; the others look for that, too, and tell in the same way
// what they don't see either.

export interface Sight {
  /**
   * Judges an error with which something couldn't be read here. It is left to other workers
   * (SOURCE_ABSENT) while some of them may see the file. If a share seems not to be mounted, the
   * error says so. Other errors are returned as they are.
   *
   * @param unmounted the code for something that lies on a share that isn't mounted
   */
  judge(error: ExhibitError, missed: MissedEntry, unmounted: ErrorCode): Promise<Judged>;
  /** Takes what other workers' jobs didn't find, and looks for it in the background. */
  search(missing: readonly string[]): void;
  /** Returns what this worker tells with its heartbeat. */
  report(): WorkerSight;
}

export interface Judged {
  error: ExhibitError;
  /** Nothing has failed yet: see `handedBack`. */
  isLeftToOthers: boolean;
}

export interface SightOptions {
  ledger: Ledger;
  sources: Pick<Sources, "absence" | "canBeRead">;
  host: string;
  /** Workers with the same view see the same files: those on one machine, outside of containers. */
  view: string;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** The most paths that are told; whatever goes beyond them is judged by this worker alone. */
const MAX_TOLD = 1000;
/** Milliseconds for which a path is told after a job last missed it. */
const TOLD_FOR = 60_000;
/** Milliseconds after which a share that doesn't answer counts as not seen. */
const LOOK_TIMEOUT_MS = 10_000;
/**
 * Milliseconds for which an answer of the ledger is reused: the files of a share go missing by the
 * thousand.
 */
const ANSWER_HOLDS = 1000;

export function createSight({ ledger, sources, host, view, now = Date.now }: SightOptions): Sight {
  /** What jobs of this worker didn't find, and when they last missed it. */
  const missed = new Map<string, number>();
  /** What jobs of other workers didn't find, and this worker doesn't see either. */
  const unseenToo = new Set<string>();
  const looking = new Set<string>();
  const answers = new Map<string, { at: number; others: ReturnType<typeof countOtherViews> }>();

  function othersOf(path: string): ReturnType<typeof countOtherViews> {
    const known = answers.get(path);
    if (known && now() - known.at < ANSWER_HOLDS) return known.others;
    const others = countOtherViews(ledger, view, path);
    answers.set(path, { at: now(), others });
    return others;
  }

  /**
   * Looks for a path, but never twice at once: each look at a share that hangs blocks one of Node's
   * few threads.
   */
  function lookFor(path: string, then: (isSeen: boolean) => void): void {
    if (looking.has(path)) return;
    looking.add(path);
    const late = setTimeout(() => then(false), LOOK_TIMEOUT_MS);
    late.unref();
    void sources.canBeRead(path).then((isSeen) => {
      clearTimeout(late);
      looking.delete(path);
      then(isSeen);
    });
  }

  function keepMissed(path: string): boolean {
    if (!path.isWellFormed() || (missed.size >= MAX_TOLD && !missed.has(path))) return false;
    missed.set(path, now());
    return true;
  }

  return {
    async judge(error, entry, unmounted) {
      const absence = await sources.absence(error, entry);
      if (absence === undefined) return { error, isLeftToOthers: false };
      const { path } = absence;
      const others = keepMissed(path) ? await othersOf(path) : { views: 0, maySee: 0 };
      if (others.maySee > 0) {
        return { error: leftToOthers(error, host), isLeftToOthers: true };
      }
      if (absence.unmounted !== undefined) {
        const message = `${withoutStop(error)}: on ${host}, ${absence.unmounted}, as when its share isn't mounted.`;
        const details = { ...error.details, host };
        const fault = new ExhibitError(unmounted, message, { cause: error, details });
        return { error: fault, isLeftToOthers: false };
      }
      return {
        error: others.views === 0 ? error : seenByNobody(error, host),
        isLeftToOthers: false,
      };
    },
    search(missing) {
      const asked = new Set(missing.slice(0, MAX_TOLD));
      for (const path of unseenToo) if (!asked.has(path)) unseenToo.delete(path);
      for (const path of asked)
        lookFor(path, (isSeen) => {
          if (isSeen) unseenToo.delete(path);
          else unseenToo.add(path);
        });
      for (const [path, { at }] of answers) if (now() - at > ANSWER_HOLDS) answers.delete(path);
      for (const [path, at] of missed) {
        if (now() - at > TOLD_FOR) missed.delete(path);
        else
          lookFor(path, (isSeen) => {
            if (isSeen) missed.delete(path);
          });
      }
    },
    report: () => ({ view, missed: [...missed.keys()], unseen_too: [...unseenToo] }),
  };
}

function leftToOthers(cause: ExhibitError, host: string): ExhibitError {
  const message = `${withoutStop(cause)}. That is so on ${host}; it is left to workers elsewhere.`;
  return new ExhibitError("SOURCE_ABSENT", message, { cause, details: { ...cause.details, host } });
}

function seenByNobody(cause: ExhibitError, host: string): ExhibitError {
  const message = `${withoutStop(cause)}. That is so on ${host} and wherever else a worker runs.`;
  return new ExhibitError(cause.code, message, { cause, details: { ...cause.details, host } });
}

function withoutStop({ message }: ExhibitError): string {
  return message.replace(/\.$/, "");
}
