import { fileURLToPath } from "node:url";
import { loadedModules } from "@exhibit/testkit/loaded-modules";
import { expect, test } from "vitest";

test("nothing that the client loads needs Node, so that a browser can load it", () => {
  const client = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
  const foreign = [...loadedModules(client).values()].flat();
  expect(foreign.filter((specifier) => specifier.startsWith("node:"))).toEqual([]);
  expect([...new Set(foreign)].sort()).toEqual(["eventsource-parser", "zod"]);
});
