import { constants } from "node:os";

/** Ctrl-C and the signals that end a process, heard once and for all commands alike. */
export interface Interruption extends Disposable {
  /** Aborts at the first signal: end in good order. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly heard: Promise<void>;
}

export interface InterruptionOptions {
  /** Called at the first signal. */
  onFirst?(): void;
  /** Called at the second. @defaultValue ends the process at once, with 128 and the signal's number, as a shell says it */
  onSecond?(signal: NodeJS.Signals): void;
  now?(): number;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// Milliseconds. One Ctrl-C reaches us up to three times: from the terminal, from npm and from the script that npm
// runs, both of which pass on what they get.
const oneKeypress = 500;

export function listenForInterruption(options: InterruptionOptions = {}): Interruption {
  const now = options.now ?? Date.now;
  const stop = new AbortController();
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  const hear = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = now();
      options.onFirst?.();
      stop.abort();
      resolve();
    } else if (now() - firstAt >= oneKeypress) {
      (options.onSecond ?? endAtOnce)(signal);
    }
  };
  for (const signal of signals) process.on(signal, hear);
  return {
    signal: stop.signal,
    heard,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, hear);
    },
  };
}

function endAtOnce(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal]);
}
