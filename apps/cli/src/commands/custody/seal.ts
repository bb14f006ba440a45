import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiClient } from "@exhibit/client";
import { ExhibitError, type SealView } from "@exhibit/contracts";
import { contentsOf, isSignedBy, keyIdOf, type ListName, readSeal } from "@exhibit/custody";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { depositWords } from "../../output/deposit-lines.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatBytes, formatCount, formatTime, type TimeStyle } from "../../output/format.ts";
import { stampWords } from "../../output/stamp-lines.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";
import { fetchParts } from "./fetch-parts.ts";

interface SealOptions extends TimeStyle {
  files?: string;
  force?: boolean;
  json?: boolean;
}

export const sealCommand: CommandModule = (program, { run }) => {
  program
    .command("seal")
    .description("show an import's seal, or write it with all that a stranger needs to check it")
    .argument("<ID>", "the import")
    .option("--files <folder>", "write the seal, its lists and how to check them to seal/ in there")
    .option("--force", "replace files that exist")
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((id: string, options: SealOptions) =>
      run(options, (terminal) => showSeal(id, options, terminal)),
    );
};

const explanation = `
Every import has a seal once it is sealed, and a cancelled one a quarter of an hour later. What is written is checked:
the lists against the seal, the signature against the key. READ-ME.txt says how anybody else checks it.

Examples:
  exhibit seal ID
  exhibit seal ID --files E-77`;

async function showSeal(given: string, options: SealOptions, terminal: Terminal): Promise<number> {
  const { files: folder, force: replace = false } = options;
  if (replace && folder === undefined) throw badUse("--force needs --files.");
  const api = apiOfEnvironment();
  const seal = await api.seal(await importIdOf(api, given));
  for (const line of linesOf(seal, options)) terminal.say(line);
  if (folder !== undefined) {
    const into = join(folder, "seal");
    await writeSeal(api, seal, { folder: into, replace });
    terminal.say(`${formatCount(seal.parts.length, "file")} in ${into}, checked.`);
  }
  terminal.result(seal);
  return exitCodes.done;
}

function linesOf(seal: SealView, { utc }: TimeStyle): string[] {
  const { number, register, outcome, sealed_at, files, bytes, stored, identical, waived } = seal;
  return [
    `Seal ${number} of ${register}: ${outcome}, ${formatTime(new Date(sealed_at), { utc })}`,
    `  ${formatCount(files, "file")}, ${formatBytes(bytes)}: ${stored} stored, ${identical} were there, ${waived} waived, ${seal.skipped} skipped`,
    `  digest ${seal.digest}`,
    `  root   ${seal.root} of ${formatCount(seal.leaves, "receipt")}`,
    seal.key === null ? "  not signed: no key is configured" : `  key    ${seal.key}`,
    ...(seal.distrusted === null
      ? []
      : [
          `  NOT TRUSTED: the key was distrusted from entry ${seal.distrusted.from} on: ${seal.distrusted.why}`,
        ]),
    ...seal.stamps.map((stamp) => `  ${stampWords(stamp, { utc })}${journalWords(seal)}`),
    ...seal.deposits.map((deposit) => `  ${depositWords(deposit, { utc })}`),
  ];
}

/** Returns by which entry a seal is stamped, if it isn't by its own. */
function journalWords({ number, stamped_as }: SealView): string {
  return stamped_as === number ? "" : ` (by entry ${stamped_as}, a journal that commits to it)`;
}

/** Writes all parts of a seal, and checks that they belong together. Throws SEAL_BROKEN. */
async function writeSeal(
  api: ApiClient,
  { import_id: importId, parts }: SealView,
  { folder, replace }: { folder: string; replace: boolean },
): Promise<void> {
  const digests = await fetchParts(api, { importId, parts, folder, replace });
  const text = await readFile(join(folder, "seal.txt"), "utf8");
  const contents = await readFile(join(folder, "contents.txt"), "utf8");
  const expected = contentsOf(Object.fromEntries(digests) as Record<ListName, string>);
  const seal = readSeal(text);
  if (contents !== expected || digests.get("contents.txt") !== seal.contents)
    throw broken("The lists aren't those of the seal");
  if (seal.key === "none") return;
  const key = await readFile(join(folder, "key.pem"), "utf8");
  const signature = await readFile(join(folder, "seal.sig"));
  if (keyIdOf(key) !== seal.key || !isSignedBy(key, text, signature))
    throw broken("The seal isn't signed by its key");
}

function broken(what: string): ExhibitError {
  return new ExhibitError("SEAL_BROKEN", `${what}.`);
}
