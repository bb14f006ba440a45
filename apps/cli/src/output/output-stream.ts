import type { TextSink } from "./terminal.ts";

/** One of the two streams of the process. When nobody reads it any more, or nothing fits into it, what is written is dropped. */
export interface Output extends TextSink {
  /** Resolves once all that was written has left, with the error if something couldn't. */
  settled(): Promise<NodeJS.ErrnoException | undefined>;
}

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
    // A dumb terminal takes no control sequences: to us it is like a file.
    isTTY: stream.isTTY === true && !isDumb(),
    get columns() {
      return stream.columns;
    },
    write,
    settled: () => new Promise((resolve) => write("", () => resolve(failure))),
  };
}

function isDumb(): boolean {
  // biome-ignore lint/style/noProcessEnv: the terminal's own variable
  return process.env.TERM === "dumb";
}

/** That a result can't be handed over. */
export class OutputLost extends Error {
  override readonly name = "OutputLost";
}
