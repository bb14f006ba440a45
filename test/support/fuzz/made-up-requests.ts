import fc from "fast-check";
import { changed, changes } from "./changes.ts";
import { naughtyStrings } from "./naughty-strings.ts";
import { type Ground, namedValuesOf, type Schema, valuesOf } from "./schema-values.ts";

/** An operation of an OpenAPI document. */
export interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly schema: Schema;
}

/** A request as it is written into the connection. */
export interface MadeUp {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whether it says truly who sends it. */
  readonly isKnown: boolean;
}

/** How a request says who sends it: mostly truly. */
const authorizations = (key: string) =>
  fc.oneof(
    { arbitrary: fc.constant(`Bearer ${key}`), weight: 12 },
    {
      arbitrary: fc.constantFrom(
        undefined,
        "",
        "Bearer",
        "Bearer ",
        `Bearer ${key.slice(0, -1)}`,
        `Bearer ${key} ${key}`,
        `Basic ${key}`,
        `Bearer exh_${"0".repeat(57)}`,
        `Bearer ${"e30.".repeat(3)}`,
        `Bearer ${"x".repeat(9_000)}`,
      ),
      weight: 1,
    },
  );

/** Texts that stand for themselves in an address, as no client would write them. */
const rawParts = [
  "%",
  "%ff",
  "%00",
  "%2e%2e",
  "..%2f",
  ".",
  "%E2%80%AE",
  "a%0d%0ab",
  ";x",
  "%u0041",
];

/** What isn't JSON, or not quite. */
const rawBodies: readonly (string | Buffer)[] = [
  "",
  "{",
  "[]",
  "null",
  "0",
  '"x"',
  '{"why":"a","why":"b"}',
  '{"__proto__":{"role":"admin"}}',
  "\ufeff{}",
  "{}{}",
  "{'a':1}",
  '{"a":1e99999}',
  `${"[".repeat(5_000)}`,
  Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
];

/** Returns requests for an operation: valid ones, and such as have one thing or another wrong. */
export function requestsFor(
  method: string,
  path: string,
  { parameters = [], requestBody }: Operation,
  { ground, key }: { ground: Ground; key: string },
): fc.Arbitrary<MadeUp> {
  const valuesIn = (place: Parameter["in"], needed: boolean) => {
    const those = parameters.filter((parameter) => parameter.in === place);
    const members = those.map(({ name, schema }) => [name, namedValuesOf(name, schema, ground)]);
    const requiredKeys = those.filter(({ required }) => needed || required).map(({ name }) => name);
    return fc.record<Record<string, unknown>>(Object.fromEntries(members), {
      requiredKeys,
      noNullPrototype: true,
    });
  };
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? ["application/json"];
  const json = valuesOf(content?.schema ?? {}, ground);
  return fc
    .record({
      places: valuesIn("path", true),
      query: valuesIn("query", false),
      headers: valuesIn("header", false),
      authorization: authorizations(key),
      json: fc.oneof(
        { arbitrary: json, weight: 9 },
        { arbitrary: fc.constant(undefined), weight: 1 },
      ),
      raw: fc.option(fc.constantFrom(...rawBodies), { freq: 12, nil: undefined }),
      type: fc.oneof(
        { arbitrary: fc.constant(type), weight: 12 },
        {
          arbitrary: fc.constantFrom(
            "text/plain",
            "application/json; charset=gbk",
            "application/x-www-form-urlencoded",
            "x",
          ),
          weight: 1,
        },
      ),
      change: changes,
      /** Which part the change is made in. */
      changedPart: fc.constantFrom("places", "query", "headers", "json", "json"),
      part: fc.option(fc.constantFrom(...rawParts), { freq: 12, nil: undefined }),
      search: fc.option(fc.constantFrom(...rawParts, ...naughtyStrings), {
        freq: 12,
        nil: undefined,
      }),
    })
    .map((made) => {
      const { authorization, raw, type, part, search, change, changedPart } = made;
      const after = (name: "places" | "query" | "headers" | "json") =>
        name === changedPart ? changed(made[name], change) : made[name];
      const places = after("places") as Record<string, unknown>;
      const filled = path.replace(
        /\{(\w+)\}/g,
        (_, name: string) => part ?? encoded(places?.[name]),
      );
      const query = queryOf(after("query"));
      const asked = search === undefined ? query : `${query}${encoded(search)}`;
      const sent = method === "GET" ? undefined : (raw ?? textOf(after("json")));
      return {
        method,
        target: asked === "" ? filled : `${filled}?${asked}`,
        headers: {
          ...headersOf(after("headers")),
          ...(authorization !== undefined && { authorization }),
          ...(sent !== undefined && { "content-type": type }),
        },
        ...(sent !== undefined && { body: sent }),
        isKnown: authorization === `Bearer ${key}`,
      };
    });
}

function textOf(json: unknown): string | undefined {
  return json === undefined ? undefined : JSON.stringify(json);
}

/** An object may have a `toString` that is no function. */
function textIn(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function encoded(value: unknown): string {
  // An address of 16 KiB is refused by Node itself.
  return encodeURIComponent(textIn(value).slice(0, 2_000).toWellFormed());
}

function queryOf(query: unknown): string {
  if (typeof query !== "object" || query === null) return encoded(query);
  return Object.entries(query)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value.slice(0, 50) : [value]).map(
        (one) => `${encoded(name)}=${encoded(one)}`,
      ),
    )
    .join("&")
    .slice(0, 8_000);
}

/** What can't be written into a header at all is left out. */
function headersOf(headers: unknown): Record<string, string> {
  if (typeof headers !== "object" || headers === null) return {};
  return Object.fromEntries(
    Object.entries(headers)
      .filter(
        ([name]) => /^[\w-]{1,64}$/.test(name) && !/^(host|connection|content-length)$/i.test(name),
      )
      .map(([name, value]) => [
        name,
        textIn(value)
          .replace(/[^\t\x20-\x7e\x80-\xff]/g, "?")
          .slice(0, 4_000),
      ]),
  );
}
