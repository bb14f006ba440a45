import { visible, visibleJson, visibleLines } from "@exhibit/contracts";
import { OutputLost } from "./output-stream.ts";

/** Where text can go: a stream, or a stand-in for one in tests. */
export interface TextSink {
  /** `done` is called once the text has left, or can't. */
  write(text: string, done?: (error?: Error | null) => void): unknown;
  /** Whether it is a terminal that can be drawn on. */
  readonly isTTY?: boolean | undefined;
  /** Columns of the terminal; 0 for one that doesn't know. */
  readonly columns?: number | undefined;
}

export interface Streams {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

/**
 * How a command speaks: text for people and, with `--json`, one object for machines. Whatever is said goes through here, and
 * names, sentences and reasons in it are other people's: nothing of them has a terminal do anything but show it.
 */
export interface Terminal {
  /** A line of result for people: stdout, or stderr when stdout is for JSON. A line break in it is shown as an escape. */
  say(line?: string): void;
  /** A line beside the result (what is going on, what went wrong): always stderr. */
  note(line: string): void;
  /** The JSON object that ends stdout. Does nothing without `--json`. */
  result(value: unknown): void;
  /**
   * Hands over a part of a result of any length, whole lines: stdout. A file or a program gets it exactly as it is. Resolves
   * once it has left; throws `OutputLost`.
   */
  send(text: string): Promise<void>;
  readonly json: boolean;
  /** Where progress is drawn. */
  readonly progress: TextSink;
}

export function createTerminal(streams: Streams, options: { json: boolean }): Terminal {
  const { stdout, stderr } = streams;
  const people = options.json ? stderr : stdout;
  return {
    say: (line = "") => void people.write(`${visible(line)}\n`),
    note: (line) => void stderr.write(`${visible(line)}\n`),
    result: (value) => {
      if (options.json) stdout.write(`${visibleJson(JSON.stringify(value))}\n`);
    },
    send: (text) =>
      new Promise((resolve, reject) => {
        const shown = stdout.isTTY === true ? visibleLines(text.replaceAll("\r\n", "\n")) : text;
        stdout.write(shown, (cause) =>
          cause ? reject(new OutputLost("Nobody takes the output.", { cause })) : resolve(),
        );
      }),
    json: options.json,
    progress: stderr,
  };
}
