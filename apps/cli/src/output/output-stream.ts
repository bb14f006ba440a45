import type { TextSink } from "./terminal.ts";

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
