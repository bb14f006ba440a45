import { perSecond, type Rate } from "@exhibit/contracts";
import type { Moved } from "@exhibit/ledger";

/** What moved in one process since the last time that it was taken. */
interface Taken {
  readonly moved: readonly Moved[];
  /** How long that took. */
  readonly seconds: number;
}

/**
 * Counts what the files of each import do in this process. It is told for each file and each piece of
 * a large one, and adds numbers up: what becomes of them is the heartbeat's concern.
 */
export interface Meter {
  /**
   * Counts files that were done with, and bytes that were sent or proved. Bytes that were sent in vain
   * are taken back by a negative number.
   */
  count(importId: string, files: number, bytes: number): void;
  /** Returns what was counted since the last time, and begins anew. */
  take(): Taken;
  /** Takes back what couldn't be told: it is part of what is taken next. */
  giveBack(taken: Taken): void;
  /** Returns the rate of this process over the last few seconds, by what was taken. */
  rate(): Rate;
}

/** How many takes a process's own rate is about: ten seconds of heartbeats. */
const TAKES = 5;

/** Creates a meter. `now` is in milliseconds and never goes back. */
export function createMeter(now: () => number = () => performance.now()): Meter {
  let counts = new Map<string, { files: number; bytes: number }>();
  let since = now();
  const lately: { files: number; bytes: number; seconds: number }[] = [];

  function count(importId: string, files: number, bytes: number): void {
    const own = counts.get(importId);
    if (own === undefined) counts.set(importId, { files, bytes });
    else {
      own.files += files;
      own.bytes += bytes;
    }
  }

  return {
    count,
    take() {
      const moved = [...counts].map(([importId, own]) => ({ importId, ...own }));
      const at = now();
      const seconds = (at - since) / 1000;
      counts = new Map();
      since = at;
      const sum = (of: "files" | "bytes") => moved.reduce((all, each) => all + each[of], 0);
      lately.push({ files: sum("files"), bytes: sum("bytes"), seconds });
      if (lately.length > TAKES) lately.shift();
      return { moved, seconds };
    },
    giveBack({ moved, seconds }) {
      for (const { importId, files, bytes } of moved) count(importId, files, bytes);
      since -= seconds * 1000;
      lately.pop();
    },
    rate() {
      const sum = (of: "files" | "bytes" | "seconds") =>
        lately.reduce((all, each) => all + each[of], 0);
      const seconds = Math.max(sum("seconds"), 0.001);
      return perSecond(sum("files") / seconds, sum("bytes") / seconds);
    },
  };
}
