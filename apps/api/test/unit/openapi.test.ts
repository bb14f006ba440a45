import * as contracts from "@exhibit/contracts";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { routes } from "../../src/routes.ts";
import { startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
let document: {
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Any>;
  components: { schemas: Record<string, Any> };
};
// biome-ignore lint/suspicious/noExplicitAny: what a document says is looked at, whatever it is
type Any = any;
interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { description: string; content?: Record<string, object> }>;
}
beforeAll(async () => {
  api = await startApi();
  document = (await api.app.inject("/openapi.json")).json();
});
afterAll(() => api.app.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ method, path, one })),
  );

it("is valid by the schema of OpenAPI 3.1", async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result).toEqual({ valid: true });
});

it("names each operation, so that clients can be generated", () => {
  const ids = operations().map(({ one }) => one.operationId ?? "");
  expect(ids).toHaveLength(routes.length);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
  expect(ids).toEqual(expect.arrayContaining(["createImport", "listFiles", "setBandwidth"]));
});

/** Returns a schema of the document, or what it refers to. */
function schemaAt(schema: Any): Any {
  return document.components.schemas[schema.$ref?.split("/").at(-1)] ?? schema;
}

it("describes each message that a webhook is sent, and its schema", () => {
  const told = Object.entries(document.webhooks).map(([event, { post }]) => {
    const body = schemaAt(post.requestBody.content["application/json"].schema);
    const type = schemaAt(body.properties.type);
    return [event, (type.enum ?? [type.const]).includes(event), post.parameters.length];
  });
  const events = [...contracts.webhookEvents, "webhook.test"];
  expect(told).toEqual(events.map((event) => [event, true, 3]));
});

it("says of each operation what it does, and what is answered", () => {
  const tags = new Set(document.tags.map(({ name }) => name));
  for (const { description } of document.tags) expect(description).toMatch(/\w{3}/);
  for (const { method, path, one } of operations()) {
    const at = `${method} ${path}`;
    expect(one.summary, at).toMatch(/\w{3}/);
    expect(one.tags?.length, at).toBeGreaterThan(0);
    expect(
      one.tags?.filter((tag) => !tags.has(tag)),
      at,
    ).toEqual([]);
    for (const [status, { description }] of Object.entries(one.responses)) {
      expect(description, `${at} ${status}`).not.toBe("Default Response");
    }
    for (const status of ["4XX", "5XX"]) {
      const { content } = one.responses[status] ?? {};
      if (content) expect(Object.keys(content), at).toEqual(["application/problem+json"]);
    }
  }
});

it("offers a key for repetitions with each change but those whose answer holds a secret", () => {
  const withKey = (one: Operation) =>
    one.parameters?.some(({ name }) => name === "idempotency-key") === true;
  const secret = ["createKey", "rotateKey", "createWebhook", "rotateWebhook", "exportBag"];
  const changes = operations().filter(({ method }) => method !== "get");
  for (const { method, path, one } of changes) {
    const isSecret = secret.includes(one.operationId ?? "");
    expect([method, path, withKey(one)]).toEqual([method, path, !isSecret]);
    expect(one.parameters?.map(({ name }) => name)).toContain("x-exhibit-actor");
  }
  expect(changes.length).toBeGreaterThan(10);
});

it("pages each list that can grow", () => {
  // Vendors are those of the configuration, codes and queues those of this release, workers and
  // their leases those alive; and keys of seals are replaced once in years.
  const bounded = [
    "listVendors",
    "listErrorCodes",
    "listWorkers",
    "listQueues",
    "listLeases",
    "listSealKeys",
  ];
  const lists = operations().filter(({ one }) => one.operationId?.startsWith("list"));
  for (const { path, one } of lists) {
    const names = one.parameters?.map(({ name }) => name) ?? [];
    const isPaged = names.includes("limit") && names.includes("after");
    expect([path, isPaged]).toEqual([path, !bounded.includes(one.operationId ?? "")]);
  }
  expect(lists.length).toBeGreaterThan(10);
});

it("leads back to the server that it comes from, also below a path of a proxy's", async () => {
  const [server] = document.servers;
  const at = "https://court.example/exhibit/openapi.json";
  expect(new URL(`${server?.url}/v1/imports`, at).href).toBe(
    "https://court.example/exhibit/v1/imports",
  );
});

describe("each example", () => {
  const named = Object.entries(contracts).flatMap(([name, schema]) => {
    const given = schema instanceof z.ZodType ? (schema.meta()?.examples as unknown[]) : undefined;
    return given === undefined ? [] : [{ name, schema: schema as z.ZodType, given }];
  });

  it("is there for what is sent and answered most", () => {
    expect(named.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["importRequest", "importView", "folderView", "problem"]),
    );
  });

  it.each(named)("of $name is valid", ({ schema, given }) => {
    for (const example of given) {
      // Nothing is missing, and nothing is dropped.
      expect(schema.parse(example)).toEqual(example);
    }
  });
});
