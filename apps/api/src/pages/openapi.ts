import { webhookOperations } from "./webhook-operations.ts";

/** The parts of an OpenAPI document that are used here. */
export interface OpenApi {
  readonly servers?: readonly object[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks?: Readonly<Record<string, object>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface Operation {
  readonly responses?: Readonly<Record<string, { description?: string }>>;
}

/** What the library says of a response that its schema doesn't describe. */
const UNDESCRIBED = "Default Response";

const descriptions: Readonly<Record<string, string>> = {
  "200": "What was asked for",
  "201": "What was made",
  "202": "It is recorded and under way; this is how things stand",
  "204": "Done; there is nothing to say",
};

/** Returns the document that the library made with what it lacks, and without what nothing refers to. */
export function finished(document: OpenApi): OpenApi {
  // Relative to the document, because a proxy may add a path in front. The library takes no such address.
  const servers = [{ url: ".", description: "This server" }];
  const described = describeResponses(inPlainForm(document));
  const whole = { ...described, webhooks: webhookOperations };
  return { ...withPlainNames(withoutUnused(whole)), servers };
}

/** Gives schemas the form that generators of clients understand. */
function inPlainForm(document: OpenApi): OpenApi {
  const plain = (_: string, part: unknown) => (isRecord(part) ? plainSchema(part) : part);
  return JSON.parse(JSON.stringify(document), plain) as OpenApi;
}

type Json = Readonly<Record<string, unknown>>;

function isRecord(part: unknown): part is Json {
  return typeof part === "object" && part !== null && !Array.isArray(part);
}

function plainSchema(schema: Json): Json {
  const { oneOf, propertyNames, additionalProperties, required, ...others } = schema;
  // A union that has one member as yet is that member.
  if (Array.isArray(oneOf) && oneOf.length === 1) {
    const { oneOf: _, ...rest } = schema;
    return { ...rest, ...(oneOf[0] as Json) };
  }
  // A record all of whose keys are known and required is an object with these properties.
  if (others.properties !== undefined || !isRecord(propertyNames) || !Array.isArray(required)) {
    return schema;
  }
  const properties = Object.fromEntries(required.map((name) => [name, additionalProperties]));
  return { ...others, properties, required, additionalProperties: false };
}

/** Describes the responses that no schema describes. */
function describeResponses(document: OpenApi): OpenApi {
  for (const operation of Object.values(document.paths ?? {}).flatMap(Object.values<Operation>)) {
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      if (response.description !== UNDESCRIBED) continue;
      response.description = descriptions[status] ?? UNDESCRIBED;
    }
  }
  return document;
}

/**
 * Removes the schemas that nothing refers to: each named schema comes in one form for requests and
 * one for responses.
 */
function withoutUnused(document: OpenApi): OpenApi {
  const { paths, webhooks, components } = document;
  const schemas = components?.schemas ?? {};
  const used = new Set<string>();
  const waiting: unknown[] = [paths, webhooks];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      waiting.push(schemas[name]);
    }
  }
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } };
}

/**
 * Takes `Input` from the names of schemas where it tells nothing apart: the library adds it to all that
 * requests are made of.
 */
function withPlainNames(document: OpenApi): OpenApi {
  const schemas = document.components?.schemas ?? {};
  const plain = new Map<string, string>();
  for (const [name, schema] of Object.entries(schemas)) {
    const short = name.replace(/Input$/, "");
    const other = schemas[short];
    if (other === undefined || JSON.stringify(other) === JSON.stringify(schema)) {
      plain.set(name, short);
    }
  }
  const nameOf = (name: string) => plain.get(name) ?? name;
  const text = JSON.stringify(document).replace(
    /"#\/components\/schemas\/([^"]+)"/g,
    (_, name: string) => JSON.stringify(`#/components/schemas/${nameOf(name)}`),
  );
  const renamed = JSON.parse(text) as OpenApi;
  const named = Object.entries(renamed.components?.schemas ?? {}).map(
    ([name, schema]) => [nameOf(name), schema] as const,
  );
  return { ...renamed, components: { ...renamed.components, schemas: Object.fromEntries(named) } };
}

/** Returns the name of an operation that doesn't name itself: `getKeys` for GET /v1/keys. */
export function operationIdOf(method: string, url: string): string {
  const words = url.split("/").filter((part) => part !== "" && part !== "v1" && part[0] !== ":");
  const name = words.flatMap((word) => word.split(/\W|_/)).map(capitalized);
  return method.toLowerCase() + name.join("");
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
