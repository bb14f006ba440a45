import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ApiClient } from "@exhibit/client";
import { ExhibitError } from "@exhibit/contracts";
import { type BagNames, bagNames, checkBag, type Finding, unpackTar } from "@exhibit/custody";
import { Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatBytes, formatCount } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { listenForInterruption } from "../../process/interruption.ts";
import { type CommandModule, jsonOption } from "../command.ts";
import { evidenceSource } from "./evidence-source.ts";
import { openObjectSource } from "./object-source.ts";
import { copyPayload, type PayloadAdded, type PayloadSource, writeBagTar } from "./payload.ts";

interface ExportOptions {
  to: string;
  payload: "none" | "source" | "oss";
  files?: string;
  names: BagNames;
  why?: string;
  json?: boolean;
}

export const exportCommand: CommandModule = (program, { run }) => {
  program
    .command("export")
    .description("write an import's files, seal and proofs as a bag that a stranger can check")
    .argument("<ID>", "the import")
    .requiredOption("--to <place>", "a folder that isn't there yet, or a file that ends in .tar")
    .addOption(
      new Option("--payload <from>", "where the files are read")
        .choices(["none", "source", "oss"])
        .default("source"),
    )
    .option("--files <list>", "only the files in this list, each with its proof")
    .addOption(
      new Option("--names <kind>", "how files are called in the bag")
        .choices(bagNames)
        .default("portable"),
    )
    .option("--why <text>", "who is given it, and what for: it goes into the audit log")
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((id: string, options: ExportOptions) =>
      run(options, (terminal) => exportBag(id, options, terminal)),
    );
};

const explanation = `
A bag is a folder with the files in data/, their manifest, and seal/ with the lists, the signature, and READ-ME.txt, which
says how anybody checks it with openssl and sha256sum. Every file is digested while it is copied and compared with its
receipt: a bag with a wrong file isn't made. The files are read where the import read them, so run it on a machine that has
the source. --payload oss reads the objects instead, by leases that it asks the vendors of exhibit.yaml for, on a machine that
is configured as a worker is. --payload none leaves the files out: exhibit fetch adds them, and fetch.txt in the bag says
where each of them is.

A list for --files has a line for each file, as the bag calls its place below data/: the number of the folder in its import,
a slash, and the path. Nothing else is shown then but hashes.

Examples:
  exhibit export ID --to E-77 --why "For the court in Hangzhou"
  exhibit export ID --to E-77.tar --payload oss
  exhibit verify --bag E-77`;

async function exportBag(
  given: string,
  options: ExportOptions,
  terminal: Terminal,
): Promise<number> {
  const { to, payload, names, why } = options;
  const files = options.files === undefined ? undefined : await filesOf(options.files);
  await checkFree(to);
  const api = apiOfEnvironment();
  const importId = await importIdOf(api, given);
  const isTar = to.endsWith(".tar");
  using interruption = payload === "oss" ? listenForInterruption() : undefined;
  // Beside its place, so that it can be renamed.
  const part = join(dirname(resolve(to)), `.exhibit-${randomUUID()}.part`);
  const bag = isTar ? `${part}.bag` : part;
  try {
    await mkdir(bag, { recursive: true });
    const { body } = await api.exportBag(importId, { names, files, why });
    await receive(body, bag);
    const { signal } = interruption ?? new AbortController();
    using source = await sourceOf(payload, { folder: bag, importId }, { api, terminal, signal });
    const added = await fill({ bag, part, isTar, source, name: nameOf(to) });
    await rename(part, to);
    say(terminal, { to, importId, payload, ...added });
    return exitCodes.done;
  } finally {
    await rm(part, { recursive: true, force: true });
    await rm(bag, { recursive: true, force: true });
  }
}

/** Adds the payload to a bag, or makes the tar of both. Nothing is copied before it goes into a tar. */
async function fill(to: {
  bag: string;
  part: string;
  isTar: boolean;
  source: PayloadSource | undefined;
  name: string;
}): Promise<PayloadAdded> {
  const { bag, part, isTar, source, name } = to;
  if (isTar) return await writeBagTar(bag, { to: part, name, source });
  if (source === undefined) return { files: 0, bytes: 0 };
  return await copyPayload(bag, source);
}

/** Returns where the files are read; undefined for a bag without them. */
async function sourceOf(
  payload: ExportOptions["payload"],
  bag: { folder: string; importId: string },
  { api, ...parts }: { api: ApiClient; terminal: Terminal; signal: AbortSignal },
): Promise<PayloadSource | undefined> {
  if (payload === "none") return undefined;
  if (payload === "source") return evidenceSource;
  return await openObjectSource(bag, { ...parts, command: "export --payload oss", api: () => api });
}

function say(
  terminal: Terminal,
  {
    to,
    importId,
    payload,
    files,
    bytes,
  }: PayloadAdded & Record<"to" | "importId" | "payload", string>,
): void {
  const what =
    payload === "none"
      ? "without its files"
      : `${formatCount(files, "file")}, ${formatBytes(bytes)}`;
  terminal.say(`${to}: a bag of import ${importId}, ${what}.`);
  terminal.say(
    to.endsWith(".tar")
      ? "  Unpack it, and its seal/READ-ME.txt says how anybody checks it."
      : `  ${join(to, "seal/READ-ME.txt")} says how anybody checks it; you: exhibit verify --bag ${to}`,
  );
  terminal.result({ import_id: importId, bag: to, payload, files, bytes });
}

/** Unpacks what the API sends, and checks all that is there already. Throws SEAL_BROKEN. */
async function receive(body: Response["body"], bag: string): Promise<void> {
  try {
    await unpackTar(body ?? new ReadableStream(), bag);
  } catch (thrown) {
    throw thrown instanceof ExhibitError ? thrown : brokeOff(thrown);
  }
  const findings: Finding[] = [];
  await checkBag(bag, (finding) => findings.push(finding), { withPayload: false });
  const [first] = findings;
  if (first)
    throw new ExhibitError("SEAL_BROKEN", `The bag isn't in order: ${first.where} ${first.what}.`);
}

function brokeOff(cause: unknown): ExhibitError {
  return new ExhibitError(
    "SERVICE_UNREACHABLE",
    "The bag broke off: the connection failed, or the disk can't take it.",
    { cause },
  );
}

async function filesOf(list: string): Promise<string[]> {
  const text = await readFile(list, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw badUse(`${list} can't be read (${cause.code}).`);
  });
  const files = text.split("\n").filter((line) => line !== "");
  if (files.length === 0) throw badUse(`${list} names no file.`);
  return files;
}

async function checkFree(place: string): Promise<void> {
  const found = await readdir(place).catch((thrown: NodeJS.ErrnoException) => thrown.code);
  if (found !== "ENOENT") throw badUse(`${place} exists already: name a place that doesn't.`);
}

/** Returns the name of a tar's one folder. */
function nameOf(to: string): string {
  return basename(resolve(to)).replace(/\.tar$/, "");
}
