import { readFile } from "node:fs/promises";
import type { Fault } from "./faults.ts";

/** Environment variables by name, like `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A configuration with its variables replaced, and the faults where that failed. */
export interface Replaced {
  readonly value: unknown;
  readonly faults: readonly Fault[];
}

const variable = /\$\{([^}]*)\}/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces each `${NAME}` in the texts of a configuration by the environment's NAME, or by the
 * content of the file that NAME_FILE names, both trimmed. An empty variable counts as missing.
 * Values aren't searched for variables again. A text with a fault stays unchanged.
 */
export async function replaceVariables(
  value: unknown,
  variables: Variables,
  path: readonly PropertyKey[] = [],
): Promise<Replaced> {
  if (typeof value === "string") return replaceInText(value, variables, path);
  if (typeof value !== "object" || value === null) return { value, faults: [] };
  const parts = await Promise.all(
    Object.entries(value).map(async ([key, inner]) => {
      const place = Array.isArray(value) ? Number(key) : key;
      return { key, ...(await replaceVariables(inner, variables, [...path, place])) };
    }),
  );
  const faults = parts.flatMap((part) => part.faults);
  if (Array.isArray(value)) return { value: parts.map((part) => part.value), faults };
  return { value: Object.fromEntries(parts.map((part) => [part.key, part.value])), faults };
}

async function replaceInText(
  text: string,
  variables: Variables,
  path: readonly PropertyKey[],
): Promise<Replaced> {
  const names = new Set([...text.matchAll(variable)].map((match) => match[1] ?? ""));
  const values = new Map<string, string>();
  const faults: Fault[] = [];
  for (const name of names) {
    const found = await variableValue(name, variables);
    if ("value" in found) values.set(name, found.value);
    else faults.push({ path, reason: found.reason });
  }
  if (faults.length > 0) return { value: text, faults };
  return { value: text.replace(variable, (_, name: string) => values.get(name) ?? ""), faults };
}

async function variableValue(
  name: string,
  variables: Variables,
): Promise<{ value: string } | { reason: string }> {
  if (!variableName.test(name)) return { reason: `\${${name}} isn't a valid variable name` };
  // Secrets often end with a line break, from echo or `kubectl create secret --from-file`.
  const given = (key: string) =>
    Object.hasOwn(variables, key) ? variables[key]?.trim() : undefined;
  const value = given(name);
  if (value !== undefined && value !== "") return { value };
  const file = given(`${name}_FILE`);
  if (file === undefined || file === "") {
    return { reason: `the environment has neither ${name} nor ${name}_FILE` };
  }
  try {
    const content = (await readFile(file, "utf8")).trim();
    return content === "" ? { reason: `the file of ${name}_FILE is empty` } : { value: content };
  } catch (thrown) {
    const { code = "unknown fault" } = thrown as NodeJS.ErrnoException;
    return { reason: `the file of ${name}_FILE can't be read: ${code}` };
  }
}
