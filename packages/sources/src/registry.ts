import {
  directorySource,
  ExhibitError,
  issueLine,
  plainIssue,
  type Source,
} from "@exhibit/contracts";
import type { z } from "zod";
import { directory } from "./directory/directory-source.ts";
import type { NamedSource, SourceKind } from "./source-kind.ts";

/**
 * Every kind of source there is, by the `type` that requests call it. To add one: a schema in the
 * union of contracts, a folder beside `directory/`, a line here, and a test that calls
 * `describeSource`.
 */
const registry = {
  directory: checked(directorySource, directory),
} as const satisfies Record<Source["type"], SourceKind<Source>>;

/**
 * Returns the source that a request or the ledger describes.
 *
 * @throws {ExhibitError} REQUEST_INVALID for an unknown kind, or options that aren't those of its
 * kind
 */
export function namedSource(source: Source): NamedSource {
  const { type } = source;
  if (Object.hasOwn(registry, type)) return registry[type](source);
  const known = Object.keys(registry).join(", ");
  throw new ExhibitError(
    "REQUEST_INVALID",
    `There is no kind of source called ${JSON.stringify(type)}; known are ${known}.`,
  );
}

/**
 * Binds a schema and a kind: the pair's own types stay inside, so that unlike kinds fit one table.
 */
function checked<Schema extends z.ZodType>(
  schema: Schema,
  kind: SourceKind<z.output<Schema>>,
): SourceKind<Source> {
  return (source) => {
    const parsed = schema.safeParse(source, { error: plainIssue });
    if (parsed.success) return kind(parsed.data);
    const faults = parsed.error.issues.map(issueLine);
    throw new ExhibitError("REQUEST_INVALID", `The source isn't valid: ${faults.join("; ")}.`, {
      cause: parsed.error,
    });
  };
}
