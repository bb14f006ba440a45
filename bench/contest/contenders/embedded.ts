import { join } from "node:path";
import { dataFolder } from "@exhibit/testkit";
import { startVendors } from "../../fleet.ts";
import { runProgram } from "../../measure.ts";
import type { Contender } from "./contender.ts";

export const embeddedScript = join(import.meta.dirname, "embedded-script.ts");

/** Exhibit in one process on PGlite, including its start and the creation of its database. */
export const embedded: Contender = {
  name: "exhibit-embedded",
  description: "Exhibit in one process on PGlite, from its start to the sealed import",
  isSlow: true,
  missing: () => undefined,
  async open({ data, sink }) {
    const vendors = await startVendors({ workers: 0, root: data.folder, ossUrl: sink });
    return {
      async run() {
        const own = await dataFolder("bench-embedded");
        try {
          const env = {
            ...process.env,
            EXHIBIT_CONFIG: vendors.configPath,
            EXHIBIT_DATA_DIR: own.path,
          };
          return await runProgram(process.execPath, [embeddedScript, data.folder], env);
        } finally {
          await own.remove();
        }
      },
      [Symbol.asyncDispose]: () => vendors[Symbol.asyncDispose](),
    };
  },
};
