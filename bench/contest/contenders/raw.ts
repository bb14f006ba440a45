import { join } from "node:path";
import { runProgram } from "../../measure.ts";
import { type Contender, program } from "./contender.ts";

/** Shows what the sink can take: nothing is read, signed or looked up. It runs only if it is named. */
export const raw: Contender = {
  name: "raw",
  description: "one PUT over and over, from memory, on 16 kept connections",
  missing: () => undefined,
  open({ data, sink }) {
    const script = join(import.meta.dirname, "raw-script.ts");
    const sizes = ["--files", `${data.paths.length}`, "--bytes", `${data.bytes}`];
    return Promise.resolve(program(() => runProgram(process.execPath, [script, sink, ...sizes])));
  },
};
