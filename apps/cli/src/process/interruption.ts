import { constants } from "node:os";
import { isatty } from "node:tty";
import { exitCodes } from "../output/exit-codes.ts";

/**
 * Ctrl-C, the signals that end a process, and the end of the parent process, handled alike by all
 * commands.
 */
export interface Interruption extends Disposable {
  /** Aborts at the first signal, which asks for an orderly end. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly heard: Promise<void>;
  /**
   * The exit code of a command that the signal ended: 128 plus the signal's number, as in a shell.
   */
  readonly exitCode: number;
}

/**
 * A person has left a command that only watched. Nothing went wrong; the message says what
 * continues.
 */
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
  /** Called at the second. @defaultValue ends the process at once with `exitCode` */
  onSecond?(signal: NodeJS.Signals): void;
  now?(): number;
  /**
   * Whether the process is attached to a terminal. @defaultValue whether stdin, stdout or stderr is
   * one at the start
   */
  isAttached?: boolean;
}

const signals = ["SIGINT", "SIGTERM"] as const;

// Milliseconds. One Ctrl-C arrives up to three times: from the terminal, from npm, and from the
// script that npm runs; both pass on what they receive.
const oneKeypress = 500;

/** Starts to listen for signals, until it is disposed. */
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
  // Without a terminal SIGHUP means nothing: nohup has it ignored, but Node resets that at its
  // start.
  const { isAttached = [0, 1, 2].some((descriptor) => isatty(descriptor)) } = options;
  const hangUp = (signal: NodeJS.Signals) => isAttached && hear(signal);
  for (const signal of signals) process.on(signal, hear);
  process.on("SIGHUP", hangUp);
  // Only a process with a channel to its parent gets this event; the channel may be closed already.
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

/** Ends this process with the exit code of a signal. */
export function endAtOnce(signal: NodeJS.Signals): void {
  process.exit(exitCodeOfSignal(signal));
}

function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
