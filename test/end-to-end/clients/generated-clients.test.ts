import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FileView } from "@exhibit/contracts";
import { dataFolder, redocly } from "@exhibit/testkit";
import { generate as generateByCodegen } from "openapi-typescript-codegen";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importOfSuits, type System, startSystem, writeTree } from "../../support/system.ts";

// Clients that others generate from /openapi.json, with programs as a stranger would write them. The
// programs are compiled together with the clients, and speak to the real API.

const run = promisify(execFile);
const modules = join(import.meta.dirname, "../../../node_modules");

interface Stranger {
  readonly generate: (document: string, folder: string) => Promise<unknown>;
  readonly program: string;
}

const strangers: Record<string, Stranger> = {
  "redocly generate-client": {
    generate: (document, folder) =>
      redocly(
        "generate-client",
        document,
        "--output",
        join(folder, "client.ts"),
        "--args-style=grouped",
      ),
    program: `
      import { ApiError, client, type File, type ImportRequest, type Problem } from "./client";

      const { API_URL = "", API_KEY = "", REQUEST = "" } = process.env;
      client.configure({ serverUrl: API_URL });
      client.auth.bearer(API_KEY);

      async function work() {
        const body = JSON.parse(REQUEST) as ImportRequest;
        const made = await client.createImport({ body });
        const id = made.import_id;
        const events: string[] = [];
        let end = "";
        for await (const { event, data } of client.followImport({ path: { id } })) {
          events.push(event ?? "");
          if (event === "end") end = data;
        }
        const { status } = JSON.parse(end) as typeof made;
        const files: File[] = [];
        let after: string | undefined;
        do {
          const page = await client.listFiles({ path: { id }, query: { limit: 2, after } });
          files.push(...page.items);
          after = page.next ?? undefined;
        } while (after !== undefined);
        const problem = await client.cancelImport({ path: { id }, body: {} }).then(
          () => undefined,
          (error: unknown) => (error instanceof ApiError ? (error.body as Problem) : undefined),
        );
        return { id, events, status, files, problem };
      }
      void work().then((told) => console.log(JSON.stringify(told)));
    `,
  },
  "openapi-typescript-codegen": {
    generate: (document, folder) =>
      generateByCodegen({ input: document, output: join(folder, "client"), useOptions: true }),
    program: `
      import {
        ApiError, ImportsService, OpenAPI, type File, type Import, type ImportRequest, type Problem,
      } from "./client";

      const { API_URL = "", API_KEY = "", REQUEST = "" } = process.env;
      OpenAPI.BASE = API_URL;
      OpenAPI.TOKEN = API_KEY;

      async function work() {
        const requestBody = JSON.parse(REQUEST) as ImportRequest;
        const made = await ImportsService.createImport({ requestBody, idempotencyKey: "once" });
        const again = await ImportsService.createImport({ requestBody, idempotencyKey: "once" });
        if (again.import_id !== made.import_id) throw new Error("It was made twice.");
        const id = made.import_id;
        const text: string = await ImportsService.followImport({ id });
        const events = [...text.matchAll(/^event: (.*)$/gm)].map(([, event = ""]) => event);
        const end = /^event: end\\ndata: (.*)$/m.exec(text)?.[1] ?? "";
        const { status } = JSON.parse(end) as Import;
        const files: File[] = [];
        let after: string | undefined;
        do {
          const page = await ImportsService.listFiles({ id, limit: 2, after });
          files.push(...page.items);
          after = page.next ?? undefined;
        } while (after !== undefined);
        const problem = await ImportsService.cancelImport({ id, requestBody: {} }).then(
          () => undefined,
          (error: unknown) => (error instanceof ApiError ? (error.body as Problem) : undefined),
        );
        return { id, events, status, files, problem };
      }
      void work().then((told) => console.log(JSON.stringify(told)));
    `,
  },
};

/** As strict as TypeScript is; nothing is emitted when anything is wrong. */
const compilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  noEmitOnError: true,
  target: "es2024",
  lib: ["es2024", "dom", "dom.iterable"],
  module: "commonjs",
  moduleResolution: "bundler",
  types: ["node"],
  outDir: "out",
};

describe("A client that is generated from the OpenAPI document", () => {
  let system: System;
  let folder: Awaited<ReturnType<typeof dataFolder>>;
  beforeAll(async () => {
    [system, folder] = await Promise.all([startSystem("embedded"), dataFolder("clients")]);
    await symlink(modules, join(folder.path, "node_modules"));
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await folder.remove();
  });

  test.each(Object.entries(strangers))(
    "by %s compiles, makes an import, follows it, pages its files, and reads a problem",
    async (name, { generate, program }) => {
      const at = join(folder.path, name.replaceAll(" ", "-"));
      await mkdir(at);
      const document = join(at, "openapi.json");
      await writeFile(document, await (await system.ask("/openapi.json")).text());
      await generate(document, at);
      await writeFile(join(at, "program.ts"), program);
      await writeFile(join(at, "tsconfig.json"), JSON.stringify({ compilerOptions }));
      const tsc = join(modules, ".bin/tsc");
      const { stdout: faults } = await run(tsc, ["-p", at]).catch(
        (error: { stdout: string }) => error,
      );
      expect(faults).toBe("");

      const tree = { "a.pdf": "a", "b/c.pdf": "c", "d.jpg": "d", "证据.txt": "e", "f.txt": "f" };
      await writeTree(join(system.root, "1001"), tree);
      const { stdout } = await run(process.execPath, [join(at, "out/program.js")], {
        env: {
          API_URL: system.apiUrl,
          API_KEY: system.key,
          REQUEST: JSON.stringify(importOfSuits(system.root, "1001")),
        },
      });
      const { id, events, status, files, problem } = JSON.parse(stdout);
      expect(status).toBe("sealed");
      expect(events.at(-1)).toBe("end");
      expect(files.map(({ path }: FileView) => path).sort()).toEqual(Object.keys(tree).sort());
      expect(files).toEqual(await system.files(id));
      expect(problem).toMatchObject({
        status: 409,
        code: "STATE_CONFLICT",
        detail: expect.stringContaining("sealed"),
        remedy: expect.any(String),
      });
    },
  );
});
