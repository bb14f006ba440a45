import { type NewKey, type Role, roles, type Scope } from "@exhibit/contracts";
import { type Command, Option } from "commander";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatCount, type TimeStyle } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { collect } from "../arguments/repeated-options.ts";
import { readFrom } from "../arguments/whole-number.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";
import { isInForce, keyTable, newKeyLines } from "./key-lines.ts";
import { type KeyRing, openKeyRing } from "./key-ring.ts";

interface KeyOptions extends TimeStyle {
  local?: boolean;
  json?: boolean;
}

interface ListOptions extends KeyOptions {
  all?: boolean;
}

interface CreateOptions extends KeyOptions {
  role: Role;
  entrust?: string[];
  vendor?: string[];
  root?: string[];
  expires?: number;
  mayNameOthers?: boolean;
  why?: string;
}

interface RotateOptions extends KeyOptions {
  oldValid?: number;
  expires?: number;
  why?: string;
}

interface RevokeOptions extends KeyOptions {
  why?: string;
}

export const keysCommand: CommandModule = (program, { run }) => {
  const keys = withCommonOptions(
    program.command("keys").description("list, make, rotate and revoke the keys of the API"),
  )
    .option("--all", "list also those that are revoked or have expired")
    .addHelpText("after", examples)
    .action((options: ListOptions) =>
      run(options, (terminal) => onKeys(options, (ring) => list(ring, options, terminal))),
    );

  withCommonOptions(keys.command("create"))
    .description("make a key, and print it this once")
    .argument("<NAME>", "who will use it; the audit log names them so")
    .addOption(
      new Option("--role <role>", "what its holder may do").choices(roles).makeOptionMandatory(),
    )
    .option("--entrust <id>", "only this case, by its entrust_id; may be repeated", collect)
    .option("--vendor <name>", "only folders of this vendor; may be repeated", collect)
    .option("--root <folder>", "only evidence below this folder; may be repeated", collect)
    .addOption(expires())
    .option(
      "--may-name-others",
      "its holder may say on whose behalf it acts, as an integration does",
    )
    .option("--why <text>", "why, for the audit log")
    .action((name: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<CreateOptions>();
      return run(options, (terminal) =>
        onKeys(options, (ring) => create(ring, name, options, terminal)),
      );
    });

  withCommonOptions(keys.command("rotate"))
    .description(
      "give a key a new secret, and print it this once; the old one works a while longer",
    )
    .argument("<ID>", "the key's id, as the list shows it")
    .addOption(
      new Option(
        "--old-valid <hours>",
        "how long the old secret still works: 0 if it may have leaked (24)",
      ).argParser(readFrom(0)),
    )
    .addOption(expires())
    .option("--why <text>", "why, for the audit log")
    .action((id: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<RotateOptions>();
      return run(options, (terminal) =>
        onKeys(options, (ring) => rotate(ring, id, options, terminal)),
      );
    });

  withCommonOptions(keys.command("revoke"))
    .description("revoke a key: within five seconds it works nowhere")
    .argument("<ID>", "the key's id, as the list shows it")
    .option("--why <text>", "why, for the audit log")
    .action((id: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<RevokeOptions>();
      return run(options, (terminal) =>
        onKeys(options, (ring) => revoke(ring, id, options, terminal)),
      );
    });
};

/** Adds the options that all of these commands have. */
function withCommonOptions(command: Command): Command {
  return command
    .option(
      "--local",
      "straight in the ledger of the data folder (EXHIBIT_DATA_DIR), without the API; EXHIBIT_DATABASE_URL does the same",
    )
    .option(...utcOption)
    .option(...jsonOption);
}

function expires(): Option {
  return new Option("--expires <days>", "days after which it doesn't work any more (90)").argParser(
    readFrom(1),
  );
}

const examples = `
Examples:
  EXHIBIT_DATABASE_URL=… exhibit keys create admin --role admin    a fleet's first key, straight in its ledger
  exhibit keys
  exhibit keys create scanner --role producer --entrust E-77 --root /evidence/E-77 --expires 30
  exhibit keys create portal --role producer --may-name-others
  exhibit keys rotate AbC12345 --old-valid 0 --why "it was in a log"
  exhibit keys revoke AbC12345`;

/** Works on the keys, by the API or in the ledger. */
async function onKeys(
  options: KeyOptions,
  work: (ring: KeyRing) => Promise<void>,
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  await work(await openKeyRing(options, stack));
  return exitCodes.done;
}

async function list(ring: KeyRing, { all, utc }: ListOptions, terminal: Terminal): Promise<void> {
  const keys = await ring.list();
  const now = new Date();
  const shown = all ? keys : keys.filter((key) => isInForce(key, now));
  const hidden = keys.length - shown.length;
  if (shown.length > 0) for (const line of keyTable(shown, { utc }, now)) terminal.say(line);
  else terminal.say("There is no key that works.");
  if (hidden > 0) {
    terminal.note(`${formatCount(hidden, "more key")} revoked or expired: --all lists them too.`);
  }
  terminal.result({ keys: shown });
}

async function create(
  ring: KeyRing,
  name: string,
  options: CreateOptions,
  terminal: Terminal,
): Promise<void> {
  const { role, entrust, vendor, root, expires, mayNameOthers, why } = options;
  const scope: Partial<Scope> = {
    ...(entrust && { entrust_ids: entrust }),
    ...(vendor && { vendors: vendor }),
    ...(root && { roots: root }),
  };
  const made = await ring.create({
    name,
    role,
    scope,
    may_name_others: mayNameOthers,
    expires_in_days: expires,
    why,
  });
  show(made, options, terminal);
}

async function rotate(
  ring: KeyRing,
  id: string,
  options: RotateOptions,
  terminal: Terminal,
): Promise<void> {
  const { oldValid, expires, why } = options;
  const request = { old_valid_hours: oldValid, expires_in_days: expires, why };
  show(await ring.rotate(id, request), options, terminal);
}

async function revoke(
  ring: KeyRing,
  id: string,
  { why }: RevokeOptions,
  terminal: Terminal,
): Promise<void> {
  const key = await ring.revoke(id, { why });
  terminal.say(`Key ${key.key_id} (${key.name}) is revoked; within five seconds it works nowhere.`);
  terminal.result(key);
}

/** Prints a new key alone to stdout, so that a script can take it, and what it is to stderr. */
function show(made: NewKey, style: TimeStyle, terminal: Terminal): void {
  for (const line of newKeyLines(made, style)) terminal.note(line);
  if (!terminal.json) terminal.say(made.key);
  terminal.result(made);
}
