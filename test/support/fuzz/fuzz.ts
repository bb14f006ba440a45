import { randomInt } from "node:crypto";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type DeliveryView,
  type ErrorCode,
  errorTable,
  type ImportView,
  type NewWebhook,
  type Problem,
} from "@exhibit/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routes } from "../../../apps/api/src/routes.ts";
import { leaseKeysFor } from "../lease-keys.ts";
import { anyEngine, importOfSuits, type System, startSystem, writeTree } from "../system.ts";
import { type MadeUp, type Operation, requestsFor } from "./made-up-requests.ts";
import type { Schema } from "./schema-values.ts";
import { type Answer, createSender } from "./sender.ts";

const MiB = 1024 * 1024;

/** How much more the heap may hold after all requests than after the first of each. */
const MAX_GROWTH = 20 * MiB;
/** Milliseconds that a request may take. */
const TIMEOUT_MS = 2_000;
/** A machine that does other things may be late once, and once more. */
const TRIES = 3;

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/**
 * Sends `each` made-up requests to every route of the table, and looks for answers that are a fault of
 * ours. A failure prints the request; EXHIBIT_FUZZ_SEED repeats a run.
 */
export function fuzzEveryRoute({ each }: { each: number }): void {
  const seed = Number(process.env.EXHIBIT_FUZZ_SEED ?? randomInt(2 ** 31));

  describe.each(anyEngine)(`Requests made up with EXHIBIT_FUZZ_SEED=${seed} (%s)`, (engine) => {
    let system: System;
    let document: Document;
    let known: Record<string, string[]>;
    let sender: ReturnType<typeof createSender>;
    const heaps: number[] = [];

    beforeAll(async () => {
      system = await startSystem(engine, { environment: leaseKeysFor(engine) });
      sender = createSender(system.apiUrl);
      await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
      document = await system.get("/openapi.json");
      known = await whatIsThere(system);
      for (const [method, url] of routes) await fuzz(method, url, 1);
      heaps.push(heapUsed());
    });
    afterAll(async () => {
      sender.close();
      await system[Symbol.asyncDispose]();
    });

    async function fuzz(method: string, url: string, numRuns: number): Promise<void> {
      const path = url.replace(/:(\w+)/g, "{$1}");
      const operation = document.paths[path]?.[method.toLowerCase()] ?? {};
      const ground = { schemas: document.components.schemas, known };
      const isOpen = routes.some(
        ([verb, at, needs]) => verb === method && at === url && needs === "nothing",
      );
      const requests = requestsFor(method, path, operation, { ground, key: system.key });
      const property = fc.asyncProperty(requests, async (request) => {
        const fault = await faultOf(request, isOpen, sender.send);
        if (fault !== undefined) throw new Error(fault);
      });
      await fc.assert(property, { numRuns, seed, endOnFailure: true });
    }

    test.each(routes)(
      "%s %s answers none with a fault of ours",
      { timeout: 300_000 },
      async (method, url) => {
        await fuzz(method, url, each);
      },
    );

    test("leave nothing in memory", () => {
      heaps.push(heapUsed());
      const [before = 0, after = 0] = heaps;
      expect(after - before).toBeLessThan(MAX_GROWTH);
    });
  });
}

/** Returns the ids of something of each kind, so that requests lead somewhere. */
async function whatIsThere(system: System): Promise<Record<string, string[]>> {
  const view = await system.run(importOfSuits(system.root, "1001"));
  const { body: other } = await system.post<ImportView>(
    "/v1/imports",
    importOfSuits(system.root, "nothing"),
  );
  const [folder] = await system.folders(view.import_id);
  const key = await system.makeKey("other", { role: "viewer" });
  const { next } = await system.get<{ next: string | null }>(
    `/v1/imports/${view.import_id}/files?limit=1`,
  );
  const url = "https://webhook.invalid/";
  const { body: hook } = await system.post<NewWebhook>("/v1/webhooks", { url });
  const test = `/v1/webhooks/${hook.webhook_id}/test`;
  const { body: delivery } = await system.post<DeliveryView>(test, {});
  return {
    id: [
      ...[view.import_id, other.import_id, key.slice(4, 12)],
      ...[hook.webhook_id, delivery.delivery_id],
    ],
    url: [url],
    folder_id: [folder?.folder_id ?? ""],
    vendor: ["kongur", "deepvision", "rex"],
    entrust_id: ["E-77"],
    suit_id: ["1001", "nothing"],
    role: ["entrust"],
    path: [join(system.root, "1001"), join(system.root, "nothing")],
    after: [next ?? ""],
    why: ["It is as it should be."],
  };
}

/** Returns what is wrong with the answer to a request; undefined if nothing is. */
async function faultOf(
  request: MadeUp,
  isOpen: boolean,
  send: (request: MadeUp) => Promise<Answer>,
): Promise<string | undefined> {
  let answer = await send(request);
  for (let tries = 1; tries < TRIES && answer.milliseconds > TIMEOUT_MS; tries += 1) {
    answer = await send(request);
  }
  const { status, type, text, milliseconds } = answer;
  if (milliseconds > TIMEOUT_MS) return `it took ${milliseconds} ms, each of ${TRIES} times`;
  if (status >= 500) return `${status}: ${text.slice(0, 500)}`;
  if (status < 400) return request.isKnown || isOpen ? undefined : `let in: ${status}`;
  if (!type.startsWith("application/problem+json"))
    return `${status} of type ${type}: ${text.slice(0, 500)}`;
  const { code, status: said } = JSON.parse(text) as Problem;
  const entry = errorTable[code as ErrorCode];
  if (entry === undefined) return `the code ${code} isn't known`;
  return entry.status === status && said === status
    ? undefined
    : `${code} with the status ${status}`;
}

const collect = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

/** Returns how many bytes the heap holds when all garbage is collected. */
function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
