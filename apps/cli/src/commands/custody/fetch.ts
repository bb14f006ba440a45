import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { type BagFile, checkBag, digestFile, entriesBelow, isInside } from "@exhibit/custody";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatBytes, formatCount } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { Left, listenForInterruption } from "../../process/interruption.ts";
import { type CommandModule, jsonOption } from "../command.ts";
import { openObjectSource } from "./object-source.ts";
import { copyFile, eachFile, type PayloadSource } from "./payload.ts";

export const fetchCommand: CommandModule = (program, { run }) => {
  program
    .command("fetch")
    .description("fill a bag with the files that aren't in it, from OSS")
    .argument("<BAG>", "the bag's folder")
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((bag: string, options: { json?: boolean }) =>
      run(options, (terminal) => fetchBag(bag, terminal)),
    );
};

const explanation = `
Reads the objects that fetch.txt names, by leases that it asks the vendors of exhibit.yaml for: so it runs on a machine that
is configured as a worker is. Each file is digested while it arrives, and appears when its bytes are those of its receipt.
What is there and right isn't fetched again, so run it again after a stop. A file with other bytes is replaced.

Exits with 0 if all files are there, 1 if an object has other bytes or is gone, and 4 if some couldn't be read.

Examples:
  exhibit export ID --to E-77 --payload none
  exhibit fetch E-77`;

/** Where files are written until they are whole. */
const PART = ".exhibit-fetch";

/** How many failures are listed; all of them count. */
const SHOWN = 100;

/** Milliseconds between two lines of progress. */
const PROGRESS_EVERY = 10_000;

/** What became of a bag's files. */
interface Filled {
  fetched: number;
  bytes: number;
  /** Those that were there already. */
  there: number;
  failures: { path: string; code: string; message: string }[];
  /** How many failures are no word on the evidence: OSS didn't let it be read. */
  unread: number;
}

async function fetchBag(bag: string, terminal: Terminal): Promise<number> {
  await rm(join(bag, PART), { recursive: true, force: true });
  const { importId, files } = await checkFillable(bag);
  using interruption = listenForInterruption();
  const { signal } = interruption;
  using source = await openObjectSource(
    { folder: bag, importId },
    { command: "fetch", api: apiOfEnvironment, terminal, signal },
  );
  const filled: Filled = { fetched: 0, bytes: 0, there: 0, failures: [], unread: 0 };
  const progress = setInterval(() => {
    const done = filled.fetched + filled.there + filled.failures.length;
    terminal.note(`${done} of ${formatCount(files, "file")}, ${formatBytes(filled.bytes)} fetched`);
  }, PROGRESS_EVERY);
  try {
    await eachFile(bag, (file) => fill(bag, file, { source, filled, signal }));
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    const left = `Stopped: ${filled.fetched + filled.there} of ${formatCount(files, "file")} are there. Run it again to go on.`;
    throw new Left(left, { cause: thrown, exitCode: interruption.exitCode });
  } finally {
    clearInterval(progress);
    await rm(join(bag, PART), { recursive: true, force: true });
  }
  return show(bag, filled, terminal);
}

/**
 * Checks everything of a bag but its files, and that nothing in it leads elsewhere: whoever made it may
 * mean harm. Throws SEAL_BROKEN.
 */
async function checkFillable(bag: string): Promise<{ importId: string; files: number }> {
  let first: string | undefined;
  const check = await checkBag(
    bag,
    ({ where, what }) => {
      first ??= `${where} ${what}`;
    },
    { withPayload: false },
  );
  for await (const { path, isFile } of entriesBelow(bag, "data"))
    if (!isFile) first ??= `${path} is neither a file nor a folder`;
  if (first === undefined && check.seal)
    return { importId: check.seal.importId, files: check.files };
  throw new ExhibitError("SEAL_BROKEN", `Nothing was fetched: the bag isn't in order: ${first}.`);
}

/** Fetches a file that isn't there, or isn't right. Throws for what would be the same for all others. */
async function fill(
  bag: string,
  file: BagFile,
  { source, filled, signal }: { source: PayloadSource; filled: Filled; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const { path, sha256, receipt } = file;
  if (!isInside(path)) throw new ExhibitError("SEAL_BROKEN", `The bag has the name ${path}.`);
  const place = join(bag, path);
  if ((await digestFile(place))?.sha256 === sha256) {
    filled.there += 1;
    return;
  }
  const part = join(bag, PART, randomUUID());
  try {
    await copyFile(part, file, source);
  } catch (thrown) {
    const error = toExhibitError(thrown);
    if (signal.aborted || !isOfFile(error)) throw error;
    filled.failures.push({ path, code: error.code, message: error.message });
    if (error.code.startsWith("STORE_")) filled.unread += 1;
    await rm(part, { force: true });
    return;
  }
  await mkdir(dirname(place), { recursive: true });
  await rename(part, place);
  filled.fetched += 1;
  filled.bytes += receipt.size;
}

/** Whether an error may be one file's alone. */
function isOfFile({ code }: ExhibitError): boolean {
  return code === "NOT_FOUND" || code === "EVIDENCE_CONFLICT" || code.startsWith("STORE_");
}

function show(bag: string, filled: Filled, terminal: Terminal): number {
  const { fetched, bytes, there, failures, unread } = filled;
  for (const { path, message } of failures.slice(0, SHOWN)) terminal.say(`${path}: ${message}`);
  if (failures.length > SHOWN) terminal.say(`… and ${failures.length - SHOWN} more.`);
  terminal.say(
    `${bag}: ${formatCount(fetched, "file")} fetched, ${formatBytes(bytes)}; ${there} were there; ${failures.length} couldn't be had.`,
  );
  if (failures.length === 0) terminal.say(`  exhibit verify --bag ${bag} checks all of it.`);
  const first = failures.slice(0, SHOWN);
  terminal.result({ bag, fetched, bytes, there, failed: failures.length, first_failures: first });
  if (failures.length === 0) return exitCodes.done;
  return failures.length > unread ? exitCodes.failed : exitCodes.unread;
}
