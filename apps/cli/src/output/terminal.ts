import { visible, visibleJson, visibleLines } from "@exhibit/contracts";
import { OutputLost, type TextSink } from "./output-stream.ts";

export interface Streams {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

/**
 * The output of a command: text for people and, with `--json`, one object for machines. Names,
 * messages and reasons in it come from others, so control characters in them are escaped.
 */
export interface Terminal {
  /**
   * Writes a line of the result for people to stdout, or to stderr when stdout is for JSON. Line
   * breaks in it are escaped.
   */
  say(line?: string): void;
  /** Writes a line that isn't part of the result (progress, faults) to stderr. */
  note(line: string): void;
  /** Writes the JSON object that ends stdout. Does nothing without `--json`. */
  result(value: unknown): void;
  /**
   * Writes a part of a long result, in whole lines, to stdout. A file or a program gets it
   * unchanged. Resolves when it has been written; throws `OutputLost`.
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
          cause ? reject(new OutputLost("The output can't be written.", { cause })) : resolve(),
        );
      }),
    json: options.json,
    progress: stderr,
  };
}
