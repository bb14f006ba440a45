import { readFile } from "node:fs/promises";
import { ExhibitError } from "@exhibit/contracts";
import { LineCounter, parseDocument } from "yaml";
import { type Fault, faultyConfig } from "./faults.ts";

/** Reads a YAML file as plain data. Throws CONFIG_INVALID naming each faulty line. */
export async function readYamlFile(path: string): Promise<unknown> {
  const text = await textOf(path);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    throw faultyConfig(
      path,
      // The parser's own sentences quote the text, which may hold a secret; its codes don't.
      document.errors.map(({ code, pos }) => yamlFault(code, lineCounter.linePos(pos[0]))),
    );
  }
  try {
    return document.toJS();
  } catch (thrown) {
    throw faultyConfig(path, [{ path: [], reason: "its YAML aliases can't be resolved" }], thrown);
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, cause: unknown): ExhibitError {
  const { code = "unknown fault" } = cause as NodeJS.ErrnoException;
  const details = { origin: path };
  return new ExhibitError("CONFIG_INVALID", `${path} can't be read: ${code}`, { cause, details });
}

function yamlFault(code: string, { line, col }: { line: number; col: number }): Fault {
  const kind = code.toLowerCase().replaceAll("_", " ");
  return { path: [], reason: `line ${line}, column ${col}: not YAML: ${kind}` };
}
