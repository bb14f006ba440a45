import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../measure.ts";
import { type Contender, program } from "./contender.ts";

/** The fastest that is possible: it signs nothing, proves nothing and records nothing. */
export const curl: Contender = {
  name: "curl",
  description: "curl --parallel, 64 at once, unsigned",
  missing: () => (spawnSync("curl", ["--version"]).error ? "curl isn't installed" : undefined),
  async open({ data, sink }) {
    const list = `${data.folder}.curl`;
    const pairs = data.paths.map(
      (path) => `url = "${sink}/bucket/curl/${path}"\nupload-file = "${join(data.folder, path)}"`,
    );
    await writeFile(list, pairs.join("\n"));
    const once = ["--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "64"];
    return program(() => runProgram("curl", [...once, "--header", "Expect:", "--config", list]));
  },
};
