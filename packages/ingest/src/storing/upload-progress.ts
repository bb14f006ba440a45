import { type Ledger, recordSending } from "@exhibit/ledger";

/**
 * Whoever watches sees a large file move about once a second; a shard done within that time is
 * never reported.
 */
const REPORT_EVERY_MS = 1000;

/**
 * Counts the bytes in flight of a shard's unfinished files, and reports them to the ledger now and
 * then.
 */
export interface UploadProgress {
  /** Begins to report; `stop` must follow. */
  start(): void;
  /** Returns a number that grows with everything that moves. */
  moved(): number;
  /** Counts a stored file, which is movement. */
  done(): void;
  /** Counts a file that failed for good. */
  failed(): void;
  /** Begins to count one file's bytes. */
  begin(): FileProgress;
  /** Reports that nothing of the shard is in flight any more. */
  stop(): Promise<void>;
}

interface FileProgress {
  add(bytes: number): void;
  /**
   * Takes the file's bytes back: from now on its outcome counts. `proved` is the size of a file that is
   * in OSS, whether it was sent or found there.
   */
  end(proved?: number): void;
}

/** Creates the progress of a shard. `count` takes files and bytes for the rates: see `Meter`. */
export function createUploadProgress(
  ledger: Ledger,
  shardId: number,
  count: (files: number, bytes: number) => void,
): UploadProgress {
  let bytes = 0;
  let moved = 0;
  let reported = 0;
  /** One report after the other: the last one is what stays. */
  let reporting = Promise.resolve();
  const report = () => {
    if (bytes === reported) return;
    reported = bytes;
    // This is only for people who watch: a report that fails is made up for a second later.
    reporting = reporting.then(() => recordSending(ledger, shardId, reported)).catch(() => {});
  };
  let timer: NodeJS.Timeout | undefined;

  return {
    start() {
      timer = setInterval(report, REPORT_EVERY_MS);
    },
    moved: () => moved,
    done() {
      moved += 1;
      count(1, 0);
    },
    failed: () => count(1, 0),
    begin() {
      let sent = 0;
      return {
        add(more) {
          sent += more;
          bytes += more;
          moved += more;
          count(0, more);
        },
        end(proved = 0) {
          bytes -= sent;
          count(0, proved - sent);
          sent = 0;
        },
      };
    },
    async stop() {
      clearInterval(timer);
      bytes = 0;
      report();
      await reporting;
    },
  };
}
