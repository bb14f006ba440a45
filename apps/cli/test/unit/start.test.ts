import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { loadedModules } from "@exhibit/testkit/loaded-modules";
import { expect, test } from "vitest";

const commands = join(import.meta.dirname, "../../src/commands");

/** Those that only ask the API; `import` has to know how vendors name folders. */
const asking = readdirSync(join(commands, "imports")).filter((file) => file !== "import.ts");

test.each(asking)("imports/%s loads no engine, and no vendors", (file) => {
  const loaded = [...loadedModules(join(commands, "imports", file)).keys()];
  const packages = new Set(
    loaded.flatMap((path) => new RegExp(`packages\\${sep}([\\w-]+)`).exec(path)?.[1] ?? []),
  );
  for (const heavy of ["ingest", "ledger", "oss", "queue", "runtime", "sources", "telemetry"]) {
    expect(packages).not.toContain(heavy);
  }
  expect(loaded.filter((path) => path.includes(join("credentials", "src", "vendors")))).toEqual([]);
});
