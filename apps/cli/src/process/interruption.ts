import { constants } from "node:os";
import { isatty } from "node:tty";
import { exitCodes } from "../output/exit-codes.ts";

/** Ctrl-C, the signals that end a process, and the end of the process that started it, heard alike by all commands. */
export interface Interruption extends Disposable {
  /** Aborts at the first signal: end in good order. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly heard: Promise<void>;
  /** What a command ends with that was left by it: 128 and the signal's number, as a shell says it. */
  readonly exitCode: number;
}

/** A person has left a command that only looked on. Nothing went wrong; the message says how what was looked at stands. */
export class Left extends Error {
  override readonly name = "Left";
  readonly exitCode: number;

  constructor(message: string, { exitCode, ...options }: ErrorOptions & { exitCode: number }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export interface InterruptionOptions {
  /** Called at the first signal. */
  onFirst?(): void;
  /** Called at the second. @defaultValue ends the process at once, with 128 and the signal's number, as a shell says it */
  onSecond?(signal: NodeJS.Signals): void;
  now?(): number;
  /** @defaultValue whether input, output or errors are a terminal's at the start */
  isAttached?: boolean;
}

const signals = ["SIGINT", "SIGTERM"] as const;

// Milliseconds. One Ctrl-C reaches us up to three times: from the terminal, from npm and from the script that npm
// runs, both of which pass on what they get.
const oneKeypress = 500;

export function listenForInterruption(options: InterruptionOptions = {}): Interruption {
  const now = options.now ?? Date.now;
  const stop = new AbortController();
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  let exitCode: number = exitCodes.failed;
  const hearFirst = () => {
    if (firstAt !== undefined) return;
    firstAt = now();
    options.onFirst?.();
    stop.abort();
    resolve();
  };
  const hear = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      exitCode = exitCodeOfSignal(signal);
      hearFirst();
    } else if (now() - firstAt >= oneKeypress) {
      (options.onSecond ?? endAtOnce)(signal);
    }
  };
  // Without a terminal nothing hangs up: nohup had the signal ignored, but Node starts with all signals as they were.
  const { isAttached = [0, 1, 2].some((descriptor) => isatty(descriptor)) } = options;
  const hangUp = (signal: NodeJS.Signals) => isAttached && hear(signal);
  for (const signal of signals) process.on(signal, hear);
  process.on("SIGHUP", hangUp);
  // Only a process with a channel to the one that started it has either; it may have been closed before this.
  process.on("disconnect", hearFirst);
  if (process.connected === false) hearFirst();
  return {
    signal: stop.signal,
    heard,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, hear);
      process.off("SIGHUP", hangUp);
      process.off("disconnect", hearFirst);
    },
  };
}

/** Ends this process as a shell tells that a signal did. */
export function endAtOnce(signal: NodeJS.Signals): void {
  process.exit(exitCodeOfSignal(signal));
}

function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
