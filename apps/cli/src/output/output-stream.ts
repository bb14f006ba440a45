/** What text is written to: a stream, or a stand-in for one in tests. */
export interface TextSink {
  /** `done` is called when the text has been written, or with the error if it can't be. */
  write(text: string, done?: (error?: Error | null) => void): unknown;
  /** Whether it is a terminal that can be drawn on. */
  readonly isTTY?: boolean | undefined;
  /** Columns of the terminal; 0 when it doesn't know. */
  readonly columns?: number | undefined;
}

/**
 * One of the two output streams of the process. Once it can't be written any more, what is written
 * is dropped.
 */
export interface Output extends TextSink {
  /** Resolves when everything has been written, with the error if something couldn't be. */
  flushed(): Promise<NodeJS.ErrnoException | undefined>;
}

/** Makes the output of a stream of the process. */
export function outputTo(stream: NodeJS.WriteStream): Output {
  let failure: NodeJS.ErrnoException | undefined;
  const fail = (error: Error) => {
    failure ??= error;
  };
  stream.on("error", fail);
  const write: TextSink["write"] = (text, done) => {
    if (failure !== undefined) return void done?.(failure);
    stream.write(text, (error) => {
      if (error) fail(error);
      done?.(error);
    });
  };
  return {
    // A dumb terminal understands no control sequences, so it is treated like a file.
    isTTY: stream.isTTY === true && !isDumb(),
    get columns() {
      return stream.columns;
    },
    write,
    flushed: () => new Promise((resolve) => write("", () => resolve(failure))),
  };
}

function isDumb(): boolean {
  // biome-ignore lint/style/noProcessEnv: the terminal's own variable
  return process.env.TERM === "dumb";
}

/** A result couldn't be written. */
export class OutputLost extends Error {
  override readonly name = "OutputLost";
}
