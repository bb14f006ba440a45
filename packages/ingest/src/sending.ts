import { type Ledger, recordSending } from "@exhibit/ledger";

/** Those who watch see a large file move about once a second; a shard that is done by then is never told of. */
const TELL_EVERY_MS = 1000;

/** Counts the bytes of a shard's unfinished files that are under way, and tells the ledger now and then. */
export function createSending(ledger: Ledger, shardId: number) {
  let bytes = 0;
  let told = 0;
  const timer = setInterval(() => {
    if (bytes === told) return;
    told = bytes;
    // Only for the eye: the next second tells again.
    recordSending(ledger, shardId, bytes).catch(() => {});
  }, TELL_EVERY_MS);

  return {
    /** Of one file; `end` takes its bytes back, as from then on its outcome counts. */
    begin() {
      let sent = 0;
      return {
        add(more: number): void {
          sent += more;
          bytes += more;
        },
        end(): void {
          bytes -= sent;
          sent = 0;
        },
      };
    },
    /** Takes back what was told: from now on nothing of the shard is under way. */
    stop(): void {
      clearInterval(timer);
      if (told > 0) recordSending(ledger, shardId, 0).catch(() => {});
    },
  };
}

export type Sending = ReturnType<typeof createSending>;
