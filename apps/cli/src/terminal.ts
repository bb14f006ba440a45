/** Where text can go: a stream, or a stand-in for one in tests. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Columns of the terminal. */
  readonly columns?: number | undefined;
}

export interface Streams {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

/** How a command speaks: text for people and, with `--json`, one object for machines. */
export interface Terminal {
  /** A line of result for people: stdout, or stderr when stdout is for JSON. */
  say(line?: string): void;
  /** A line beside the result (what is going on, what went wrong): always stderr. */
  note(line: string): void;
  /** The JSON object that ends stdout. Does nothing without `--json`. */
  result(value: unknown): void;
  readonly json: boolean;
  /** Where progress is drawn. */
  readonly progress: TextSink;
}

export function createTerminal(streams: Streams, options: { json: boolean }): Terminal {
  const { stdout, stderr } = streams;
  const people = options.json ? stderr : stdout;
  return {
    say: (line = "") => void people.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    result: (value) => {
      if (options.json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    json: options.json,
    progress: stderr,
  };
}
