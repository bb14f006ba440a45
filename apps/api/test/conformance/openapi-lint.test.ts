import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder, redocly } from "@exhibit/testkit";
import { expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";

/** Returns what the linter finds with its strictest rules, none of them switched off. */
async function faultsIn(document: object): Promise<string[]> {
  const folder = await dataFolder("openapi-lint");
  try {
    const file = join(folder.path, "openapi.json");
    await writeFile(file, JSON.stringify(document));
    const printed = await redocly("lint", file, "--extends=recommended-strict", "--format=json")
      // It ends with 1 when it finds something.
      .catch((error: { stdout: string }) => error.stdout);
    const { problems } = JSON.parse(printed) as { problems: Problem[] };
    return problems.map(
      ({ ruleId, message, location: [at] }) => `${at?.pointer}: ${message} (${ruleId})`,
    );
  } finally {
    await folder.remove();
  }
}

interface Problem {
  ruleId: string;
  message: string;
  location: { pointer: string }[];
}

it("A linter has no fault to find with the OpenAPI document", async () => {
  const { app } = await startApi();
  const document = (await app.inject("/openapi.json")).json();
  await app.close();
  expect(await faultsIn(document)).toEqual([]);

  delete document.paths["/healthz"].get.responses["4XX"];
  expect(await faultsIn(document)).toEqual([
    expect.stringMatching(/^#\/paths\/~1healthz\/get\/.*4XX.*operation-4xx-response/),
  ]);
});
