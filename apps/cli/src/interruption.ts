import { constants } from "node:os";

/** Ctrl-C, the signals that end a process, and the end of the process that started it, heard alike by all commands. */
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
  const hearFirst = () => {
    if (firstAt !== undefined) return;
    firstAt = now();
    options.onFirst?.();
    stop.abort();
    resolve();
  };
  const hear = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      hearFirst();
    } else if (now() - firstAt >= oneKeypress) {
      (options.onSecond ?? endAtOnce)(signal);
    }
  };
  for (const signal of signals) process.on(signal, hear);
  // Only a process with a channel to the one that started it has either; it may have been closed before this.
  process.on("disconnect", hearFirst);
  if (process.connected === false) hearFirst();
  return {
    signal: stop.signal,
    heard,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, hear);
      process.off("disconnect", hearFirst);
    },
  };
}

/** Ends this process as a shell tells that a signal did. */
export function endAtOnce(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal]);
}
