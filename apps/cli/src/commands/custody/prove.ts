import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiClient } from "@exhibit/client";
import { ExhibitError } from "@exhibit/contracts";
import { checkProof, readProof } from "@exhibit/custody";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type CommandModule, jsonOption } from "../command.ts";
import { fetchParts, writeBody } from "./fetch-parts.ts";

interface ProveOptions {
  path?: string;
  file?: string;
  to: string;
  force?: boolean;
  json?: boolean;
}

export const proveCommand: CommandModule = (program, { run }) => {
  program
    .command("prove")
    .description("write the proof that one file belongs to its import's seal, without the others")
    .argument("<ID>", "the import")
    .option("--path <path>", "the file, by its path below the source")
    .option("--file <id>", "the file, by its file_id")
    .requiredOption("--to <folder>", "where proof.txt and the folder seal/ are written")
    .option("--force", "replace files that exist")
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((id: string, options: ProveOptions) =>
      run(options, (terminal) => prove(id, options, terminal)),
    );
};

const explanation = `
Whoever gets the folder needs nothing of Exhibit: seal/READ-ME.txt says how to check it with openssl. It shows nothing of
the other files.

Examples:
  exhibit prove ID --path 合同/签字.pdf --to proof
  sh proof/seal/prove.sh proof/proof.txt proof/seal/seal.txt 签字.pdf`;

/** What a proof comes with. */
const COMES_WITH: ReadonlySet<string> = new Set([
  "seal.txt",
  "seal.sig",
  "key.pem",
  "register.txt",
  "READ-ME.txt",
  "prove.sh",
]);

async function prove(given: string, options: ProveOptions, terminal: Terminal): Promise<number> {
  const { to, force: replace = false } = options;
  const api = apiOfEnvironment();
  const importId = await importIdOf(api, given);
  const fileId = await fileIdOf(api, importId, options);
  const seal = await api.seal(importId);
  const folder = join(to, "seal");
  const parts = seal.parts.filter((each) => COMES_WITH.has(each));
  await fetchParts(api, { importId, parts, folder, replace });
  const path = join(to, "proof.txt");
  await writeBody(await api.proof(importId, fileId), path, replace);
  const proof = readProof(await readFile(path, "utf8"));
  checkProof(proof, await readFile(join(folder, "seal.txt"), "utf8"));
  terminal.say(
    `Proved: receipt ${proof.index + 1} of ${proof.leaves} is part of seal ${seal.number}.`,
  );
  terminal.say(
    `  ${path}; check it with sh ${join(folder, "prove.sh")} ${path} ${join(folder, "seal.txt")}`,
  );
  terminal.result({ import_id: importId, file_id: fileId, number: seal.number, proof: path });
  return exitCodes.done;
}

async function fileIdOf(
  api: ApiClient,
  importId: string,
  { path, file }: ProveOptions,
): Promise<string> {
  if ((path === undefined) === (file === undefined))
    throw badUse("Name the file either by --path or by --file.");
  if (file !== undefined) return file;
  const found: string[] = [];
  for await (const each of api.files(importId, { prefix: path })) {
    if (each.path === path) found.push(each.file_id);
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw new ExhibitError(
      "NOT_FOUND",
      `There is no file ${JSON.stringify(path)} in import ${importId}.`,
    );
  if (others.length > 0)
    throw badUse(`Several folders have this path; name one by --file: ${found.join(", ")}.`);
  return first;
}
