import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { ExhibitError } from "@exhibit/contracts";
import { LineCounter, parseDocument } from "yaml";
import { type Fault, faultyConfig } from "./faults.ts";
import { faultInForm } from "./yaml-form.ts";

/** The largest file that is read, in bytes; a configuration has a few thousand. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Reads a YAML file as plain data. Throws CONFIG_INVALID naming each invalid line. */
export async function readYamlFile(path: string): Promise<unknown> {
  const text = await textOf(path);
  const fault = faultInForm(text);
  if (fault !== undefined) throw faultyConfig(path, [lineFault(fault)]);
  try {
    return parsed(text, path);
  } catch (thrown) {
    if (thrown instanceof ExhibitError) throw thrown;
    // A bug of the parser must not end the process.
    throw faultyConfig(path, [{ path: [], reason: "it isn't readable YAML" }], thrown);
  }
}

function parsed(text: string, path: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length === 0) return document.toJS({ maxAliasCount: 0 });
  throw faultyConfig(
    path,
    // The parser's messages quote the text, which may hold a secret; its codes don't.
    document.errors.map(({ code, pos }) => yamlFault(code, lineCounter.linePos(pos[0]))),
  );
}

async function textOf(path: string): Promise<string> {
  // Reads one byte more than allowed: devices and pipes have no size to check.
  const bytes = await buffer(createReadStream(path, { end: MAX_FILE_BYTES })).catch(
    (thrown: unknown) => {
      throw unreadable(path, thrown);
    },
  );
  if (bytes.length > MAX_FILE_BYTES) throw faultyConfig(path, [whole("it is larger than 1 MiB")]);
  if (!isUtf8(bytes)) throw faultyConfig(path, [whole("it isn't UTF-8")]);
  return bytes.toString();
}

function unreadable(path: string, cause: unknown): ExhibitError {
  const { code = "unknown fault" } = cause as NodeJS.ErrnoException;
  const details = { origin: path };
  return new ExhibitError("CONFIG_INVALID", `${path} can't be read: ${code}`, { cause, details });
}

function yamlFault(code: string, { line, col }: { line: number; col: number }): Fault {
  const kind = code.toLowerCase().replaceAll("_", " ");
  return whole(`line ${line}, column ${col}: not YAML: ${kind}`);
}

function lineFault({ line, reason }: { line: number; reason: string }): Fault {
  return whole(`line ${line}: ${reason}`);
}

function whole(reason: string): Fault {
  return { path: [], reason };
}
