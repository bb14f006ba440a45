import { type Ledger, recordSending } from "@exhibit/ledger";

/** Those who watch see a large file move about once a second; a shard that is done by then is never told of. */
const TELL_EVERY_MS = 1000;

/** Counts the bytes of a shard's unfinished files that are under way, and tells the ledger now and then. */
export function createSending(ledger: Ledger, shardId: number) {
  let bytes = 0;
  let moved = 0;
  let told = 0;
  /** One after the other: what was told last is what stays. */
  let telling = Promise.resolve();
  const tell = () => {
    if (bytes === told) return;
    told = bytes;
    // Only for the eye: what can't be told now is told the next second.
    telling = telling.then(() => recordSending(ledger, shardId, told)).catch(() => {});
  };
  let timer: NodeJS.Timeout | undefined;

  return {
    /** Begins to tell; `stop` ends it. */
    start(): void {
      timer = setInterval(tell, TELL_EVERY_MS);
    },
    /** Counts up with everything that goes on. */
    moved: () => moved,
    /** A file is stored. */
    done(): void {
      moved += 1;
    },
    /** Of one file; `end` takes its bytes back, as from then on its outcome counts. */
    begin() {
      let sent = 0;
      return {
        add(more: number): void {
          sent += more;
          bytes += more;
          moved += more;
        },
        end(): void {
          bytes -= sent;
          sent = 0;
        },
      };
    },
    /** Takes back what was told: from now on nothing of the shard is under way. */
    async stop(): Promise<void> {
      clearInterval(timer);
      bytes = 0;
      tell();
      await telling;
    },
  };
}

export type Sending = ReturnType<typeof createSending>;
