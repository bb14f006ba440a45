import type { TextSink } from "../../src/output/output-stream.ts";

export interface RecordedSink extends TextSink {
  readonly text: () => string;
}

/** Keeps what is written to it. */
export function recordedSink(options: { isTTY?: boolean; columns?: number } = {}): RecordedSink {
  let text = "";
  return {
    ...options,
    write(more: string, done?: () => void) {
      text += more;
      done?.();
    },
    text: () => text,
  };
}
