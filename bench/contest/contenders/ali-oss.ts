import { join } from "node:path";
import { runProgram } from "../../measure.ts";
import { type Contender, program } from "./contender.ts";

/** What people write today. */
export const aliOss: Contender = {
  name: "ali-oss",
  description:
    "a script with ali-oss and p-limit, 64 files in flight; it proves and records nothing",
  missing: () => undefined,
  open({ data, sink }) {
    const script = join(import.meta.dirname, "ali-oss-script.ts");
    return Promise.resolve(
      program(() => runProgram(process.execPath, [script, data.folder, sink])),
    );
  },
};
