import type { BodySink } from "./body-sink.ts";

/** A sink that knows whether everything that arrived has been taken. */
export interface HeldSink extends BodySink {
  /** Undefined when nothing is being waited for. */
  readonly busy: Promise<unknown> | undefined;
}

/** `onLength` hears how many bytes the response declares. */
export function createHeldSink(sink: BodySink, onLength: (bytes: number) => void): HeldSink {
  let busy: Promise<unknown> | undefined;
  return {
    begin(head) {
      onLength(Number(head.headers["content-length"] ?? 0));
      sink.begin(head);
    },
    take(piece) {
      const taken = sink.take(piece);
      if (taken === undefined) return undefined;
      const all = busy === undefined ? taken : Promise.all([busy, taken]);
      busy = all;
      // Whoever waits hears of a failure; a later piece waits for this one as well.
      all.then(
        () => {
          if (busy === all) busy = undefined;
        },
        () => {},
      );
      return taken;
    },
    get busy() {
      return busy;
    },
  };
}
