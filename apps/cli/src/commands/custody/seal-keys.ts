import { writeFile } from "node:fs/promises";
import { ExhibitError, type SealKeyView } from "@exhibit/contracts";
import { newSealKey, pemSigner } from "@exhibit/custody";
import type { Command } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatTable, formatTime, type TimeStyle } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readFrom } from "../arguments/whole-number.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";

interface SealKeysOptions extends TimeStyle {
  json?: boolean;
}

interface DistrustOptions extends SealKeysOptions {
  from?: number;
  why: string;
}

export const sealKeysCommand: CommandModule = (program, { run }) => {
  const keys = program
    .command("seal-keys")
    .description("list the keys that sign seals, make one, and distrust one")
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", examples)
    .action((options: SealKeysOptions) =>
      run(options, async (terminal) =>
        show(await apiOfEnvironment().sealKeys(), options, terminal),
      ),
    );

  keys
    .command("new")
    .description("write a new key into a file that only you can read")
    .argument("<FILE>", "a file that isn't there yet")
    .action((file: string, _: unknown, command: Command) =>
      run(command.optsWithGlobals<SealKeysOptions>(), (terminal) => make(file, terminal)),
    );

  keys
    .command("distrust")
    .description(
      "say that a key was stolen, or is lost: another can follow it without its signature",
    )
    .argument("<KEY>", "the key's id, or as much of its beginning as no other has")
    .option(
      "--from <number>",
      "the first entry of the register for which its signature says nothing; by default the next one",
      readFrom(1),
    )
    .requiredOption("--why <text>", "why, for the audit log and the register")
    .action((key: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<DistrustOptions>();
      return run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const id = idOf(await api.sealKeys(), key);
        const { from, why } = options;
        return show(await api.distrustSealKey(id, { from, why }), options, terminal);
      });
    });
};

const examples = `
The fingerprint of the key that signs belongs on paper: in the mandate's file, or in the record of a hearing.
Workers get a key by EXHIBIT_SEAL_KEY_FILE, and the one that it replaces by EXHIBIT_SEAL_KEY_OLD_FILE.

Examples:
  exhibit seal-keys new seal-key-2027.pem
  exhibit seal-keys distrust 5a7a78cc --why "the disk with it is gone"
  exhibit seal-keys distrust 5a7a78cc --from 812 --why "stolen from the office on 1 December"`;

function show(keys: readonly SealKeyView[], style: TimeStyle, terminal: Terminal): number {
  const header = ["KEY", "KIND", "ENTRIES", "STATE"];
  const rows = keys.map((key) => [
    key.key,
    key.algorithm,
    key.until === null ? `from ${key.since}` : `${key.since} to ${key.until - 1}`,
    stateOf(key, style),
  ]);
  for (const line of keys.length === 0 ? [NONE] : formatTable([header, ...rows]))
    terminal.say(line);
  terminal.result({ keys });
  return exitCodes.done;
}

const NONE = "No key has signed a seal yet.";

function stateOf({ distrusted, until }: SealKeyView, style: TimeStyle): string {
  if (distrusted === null) return until === null ? "signs" : "was replaced";
  const { from, at, who, why } = distrusted;
  return `not trusted from entry ${from} on: ${why} (${who}, ${formatTime(at, style)})`;
}

function idOf(keys: readonly SealKeyView[], beginning: string): string {
  const [found, ...others] = keys.filter(({ key }) => key.startsWith(beginning.toLowerCase()));
  if (found !== undefined && others.length === 0) return found.key;
  const known = keys.map(({ key }) => key.slice(0, 16)).join(", ");
  throw new ExhibitError(
    "REQUEST_INVALID",
    `"${beginning}" is the beginning of ${found ? "several keys" : "no key"} of the register, which are ${known || "none"}.`,
  );
}

async function make(file: string, terminal: Terminal): Promise<number> {
  const pem = newSealKey();
  const signer = pemSigner(pem);
  if (typeof signer === "string") throw new ExhibitError("INTERNAL", `The new key: ${signer}.`);
  await writeFile(file, pem, { mode: 0o600, flag: "wx" }).catch((thrown: { code?: string }) => {
    throw cantWrite(file, thrown);
  });
  terminal.say(`${file} has a new key to sign seals with. Its fingerprint is ${signer.id}.`);
  terminal.result({ file, key: signer.id });
  return exitCodes.done;
}

function cantWrite(file: string, { code }: { code?: string }): ExhibitError {
  const why = code === "EEXIST" ? "it is there already" : (code ?? "it can't be written");
  return new ExhibitError("REQUEST_INVALID", `${file} isn't written: ${why}.`);
}
