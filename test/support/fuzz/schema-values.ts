import fc from "fast-check";
import { naughtyStrings } from "./naughty-strings.ts";

/** The parts of JSON Schema that an OpenAPI document of ours uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What values are made of. */
export interface Ground {
  /** The document's schemas, by name. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Values that lead to something that is there, by the name of the member or parameter. */
  readonly known: Readonly<Record<string, readonly string[]>>;
}

/** Few, because what is there in great numbers comes from changes. */
const MAX_ITEMS = 3;
const MAX_LENGTH = 30;

/** Returns an arbitrary of values that are mostly valid by a schema, and mostly lead somewhere. */
export function valuesOf(schema: Schema, ground: Ground): fc.Arbitrary<unknown> {
  const of = (other: Schema) => valuesOf(other, ground);
  const { $ref, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return of(ground.schemas[$ref.split("/").at(-1) ?? ""] ?? {});
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const union = anyOf ?? oneOf;
  if (union !== undefined) return fc.oneof(...union.map(of));
  if (allOf !== undefined) {
    return fc.tuple(...allOf.map(of)).map((parts) => Object.assign({}, ...parts));
  }
  if (Array.isArray(type)) return fc.oneof(...type.map((one) => of({ ...schema, type: one })));
  switch (String(type)) {
    case "object":
      return objectsOf(schema, ground);
    case "array":
      return fc.array(of(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(
          schema.minItems ?? 0,
          Math.min(schema.maxItems ?? MAX_ITEMS, MAX_ITEMS),
        ),
      });
    case "string":
      return stringsOf(schema);
    case "integer":
    case "number":
      return numbersOf(schema);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Returns the values of a member or a parameter, which may be known by its name. */
export function namedValuesOf(name: string, schema: Schema, ground: Ground): fc.Arbitrary<unknown> {
  const values = valuesOf(schema, ground);
  // A name may be one that every object has, such as toString.
  const known = Object.hasOwn(ground.known, name) ? ground.known[name] : undefined;
  if (known === undefined) return values;
  return fc.oneof(
    { arbitrary: fc.constantFrom(...known), weight: 4 },
    { arbitrary: values, weight: 1 },
  );
}

function objectsOf(schema: Schema, ground: Ground): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, of]) => [name, namedValuesOf(name, of, ground)]),
  );
  const object = fc.record(members, { requiredKeys: [...required], noNullPrototype: true });
  if (typeof additionalProperties !== "object" || Object.keys(properties).length > 0) return object;
  const known = Object.keys(ground.known).map((name) => fc.constant(name));
  const names = fc.oneof(...known, valuesOf(propertyNames ?? { type: "string" }, ground));
  const entry = names.chain((name) =>
    fc.tuple(fc.constant(String(name)), namedValuesOf(String(name), additionalProperties, ground)),
  );
  return fc.array(entry, { maxLength: MAX_ITEMS }).map((entries) => Object.fromEntries(entries));
}

function stringsOf({ minLength = 0, maxLength = MAX_LENGTH, pattern, format }: Schema) {
  if (format === "uuid") return fc.uuid();
  if (format === "date-time") {
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") })
      .map((date) => date.toISOString());
  }
  // Of a domain that never resolves.
  if (format === "uri") return fc.webPath().map((path) => `https://example.invalid${path}`);
  const size = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, MAX_LENGTH)) };
  const plain = { arbitrary: fc.string(size), weight: 3 };
  const naughty = { arbitrary: fc.constantFrom(...naughtyStrings), weight: 1 };
  const matching = pattern === undefined ? [] : [{ arbitrary: stringsLike(pattern), weight: 8 }];
  return fc.oneof(plain, naughty, ...matching);
}

/** A pattern that the library doesn't understand is left out. */
function stringsLike(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern, "u"));
  } catch {
    return fc.string();
  }
}

function numbersOf({ type, minimum, maximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? -100;
  const max = Math.max(min, maximum ?? 100);
  const usual = fc.integer({
    min: Math.ceil(min),
    max: Math.min(Math.floor(max), Math.ceil(min) + 1_000),
  });
  return type === "integer" ? usual : fc.oneof(usual, fc.double({ min, max, noNaN: true }));
}
