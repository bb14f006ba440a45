import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "@exhibit/client";
import {
  type FileState,
  type FindingView,
  fileStates,
  type RegisterCheck,
  type VerificationMeans,
  type VerificationRequestInput,
  type VerificationTarget,
  type VerificationView,
  verificationMeans,
  verificationTargets,
} from "@exhibit/contracts";
import { Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readAmong } from "../arguments/comma-separated.ts";
import { collectPair } from "../arguments/repeated-options.ts";
import { readFrom } from "../arguments/whole-number.ts";
import { type CommandModule, jsonOption } from "../command.ts";
import { verifyBag } from "./verify-bag.ts";

interface VerifyOptions {
  against?: VerificationTarget;
  by?: VerificationMeans;
  sample?: string;
  seed?: string;
  folder?: string;
  state?: FileState[];
  rate?: number;
  why?: string;
  combined?: boolean;
  wait: boolean;
  register?: boolean;
  from?: string;
  bag?: string;
  ca?: Record<string, string>;
  json?: boolean;
}

export const verifyCommand: CommandModule = (program, { run }) => {
  program
    .command("verify")
    .description("find out whether everything is still what was sealed")
    .argument("[ID]", "the import")
    .addOption(
      new Option("--against <what>", "what its receipts are compared with").choices(
        verificationTargets,
      ),
    )
    .addOption(
      new Option("--by <means>", "how objects are compared (against oss)").choices(
        verificationMeans,
      ),
    )
    .option("--sample <n>", "only so many receipts, a number or a percentage")
    .option("--seed <text>", "what the sample is picked by: the same seed picks the same")
    .option("--folder <id>", "only this folder")
    .option("--state <states>", "only receipts of these states", (text) =>
      readAmong(fileStates, text),
    )
    .option("--rate <n>", "files a second, at most", readFrom(1))
    .option("--why <text>", "why, for the audit log")
    .option(
      "--combined",
      "print each finding as a sign and a path: - missing, + extra, * differs, ! unreadable",
    )
    .option("--no-wait", "begin it and end at once")
    .option(
      "--register",
      "the register instead of an import: all entries, signatures and their chain",
    )
    .option("--from <head>", "a head of the register that was kept elsewhere")
    .option(
      "--bag <folder>",
      "a bag, as exhibit export wrote it, from its files alone: without a server or a network",
    )
    .option(
      "--ca <name=file>",
      "with --bag: the certificate of an authority that has to have stamped the seal, from itself",
      collectPair,
    )
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((id: string | undefined, options: VerifyOptions) =>
      run(options, (terminal) => verify(id, options, terminal)),
    );
};

const explanation = `
Without --against, the ledger itself is verified: entries, lists, seal, signature, register. --against oss looks at the
objects, --against source reads the evidence again. Its end is put into the register. Stopping this command doesn't stop it.

With --bag, all files are checked against the manifests and the receipts, the lists and the root of the receipts against the
seal, its signature, its time stamps, its place in the register, and the proofs. Compare the key's fingerprint with one that
you hold from elsewhere: a key that comes only with the bag proves nothing. So it is with the certificates that stamps are
checked against, unless --ca names a file of yours for an authority; then its stamp has to be there, too.

Exits with 0 if everything is the same, 1 if something differs, 2 for what is no bag, 4 if nothing differs but not everything
could be read, or files that fetch.txt names aren't here.

Examples:
  exhibit verify ID
  exhibit verify ID --against oss --by download --sample 1%
  exhibit verify --bag E-77 --ca tsa=tsa-root.pem
  exhibit verify --register --from 3225c00f06e070aee375c2e835e60929d4fbb743a9c18bbd1a50e28c0fc6d70a`;

async function verify(
  given: string | undefined,
  options: VerifyOptions,
  terminal: Terminal,
): Promise<number> {
  if (options.bag !== undefined) {
    if (given !== undefined || options.register) throw badUse("--bag is about the bag alone.");
    return await verifyBag(options.bag, options.ca ?? {}, terminal);
  }
  if (options.ca !== undefined) throw badUse("--ca needs --bag.");
  const api = apiOfEnvironment();
  if (options.register) {
    if (given !== undefined) throw badUse("--register is about no import.");
    return showRegister(await api.checkRegister(options.from), terminal);
  }
  if (options.from !== undefined) throw badUse("--from needs --register.");
  if (given === undefined) throw badUse("Name an import, --register or --bag.");
  const begun = await api.verify(await importIdOf(api, given), requestOf(options));
  if (!options.wait) {
    terminal.say(`Verification ${begun.number} has begun.`);
    terminal.result(begun);
    return exitCodes.done;
  }
  const view = await ended(api, begun, terminal);
  return await showEnd(api, view, options, terminal);
}

function requestOf({
  against,
  by,
  sample,
  seed,
  folder: folder_id,
  state: states,
  rate,
  why,
}: VerifyOptions): VerificationRequestInput {
  const isNumber = sample !== undefined && /^\d+$/.test(sample);
  return {
    against,
    by,
    sample: isNumber ? Number(sample) : sample,
    seed,
    folder_id,
    states,
    rate,
    why,
  };
}

/** Milliseconds between two questions how far it is: the first pause, and the longest. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 2_000;

async function ended(
  api: ApiClient,
  begun: VerificationView,
  terminal: Terminal,
): Promise<VerificationView> {
  let view = begun;
  for (let pause = FIRST_PAUSE; view.state === "running"; ) {
    await sleep(pause);
    pause = Math.min(LONGEST_PAUSE, pause * 1.5);
    const { parts_done: before } = view;
    view = await api.verification(view.number);
    if (view.parts > 1 && view.parts_done > before)
      terminal.note(
        `${view.parts_done} of ${formatCount(view.parts, "part")}, ${view.checked} receipts`,
      );
  }
  return view;
}

async function showEnd(
  api: ApiClient,
  view: VerificationView,
  { combined = false }: VerifyOptions,
  terminal: Terminal,
): Promise<number> {
  const findings: FindingView[] = [];
  for await (const finding of api.findings(view.number)) {
    if (terminal.json) findings.push(finding);
    else terminal.say(combined ? combinedLine(finding) : lineOf(finding));
  }
  terminal.say(summaryOf(view));
  terminal.result({ ...view, findings });
  if (view.state !== "ended") return exitCodes.failed;
  return codeOf(view.outcome);
}

function codeOf(outcome: VerificationView["outcome"]): number {
  if (outcome === "same") return exitCodes.done;
  return outcome === "unreadable" ? exitCodes.unread : exitCodes.failed;
}

/** rclone's signs. */
const signs: Readonly<Record<FindingView["kind"], string>> = {
  missing: "-",
  extra: "+",
  differs: "*",
  younger: "*",
  unreadable: "!",
};

function combinedLine(finding: FindingView): string {
  return `${signs[finding.kind]} ${nameOf(finding)}`;
}

function lineOf(finding: FindingView): string {
  const { kind, what, expected, found, code, files } = finding;
  const more = [
    what,
    expected === null ? null : `sealed: ${expected}`,
    found === null ? null : `now: ${found}`,
    code,
    files > 1 ? `${files} files` : null,
  ].filter((part) => part !== null);
  const isNamed = finding.path !== null || finding.key !== null;
  return isNamed
    ? `${kind}  ${nameOf(finding)}  ${more.join(", ")}`
    : `${kind}  ${more.join(", ")}`;
}

function nameOf({ folder, path, key, what }: FindingView): string {
  if (path !== null) return `${folder ?? ""}/${path}`;
  return key ?? what ?? "";
}

function summaryOf(view: VerificationView): string {
  const { number, state, against, checked, same, differs, missing, younger, extra, unreadable } =
    view;
  if (state === "failed") return `Verification ${number} failed: ${view.error?.message ?? ""}`;
  if (state === "cancelled") return `Verification ${number} was cancelled.`;
  const counts = Object.entries({ differs, missing, younger, extra, unreadable })
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`);
  const found = counts.length === 0 ? "everything is the same" : counts.join(", ");
  const sample =
    view.sample === null ? "" : `, a sample of ${view.sample.size} by the seed ${view.sample.seed}`;
  return `Verification ${number} against ${against}: ${same} of ${formatCount(checked, "receipt")} are the same${sample}; ${found}. Entry ${view.entry} of the register.`;
}

function showRegister(check: RegisterCheck, terminal: Terminal): number {
  for (const { number, what, expected, found } of check.findings) {
    const more = [expected && `expected ${expected}`, found && `found ${found}`];
    const details = more.filter(Boolean).join(", ");
    terminal.say(
      `${number === 0 ? "the register" : `entry ${number}`}: ${what}${details === "" ? "" : ` (${details})`}`,
    );
  }
  if (check.from !== null)
    terminal.say(`The head that was kept stands behind entry ${check.from}.`);
  const { entries, outcome, head } = check;
  terminal.say(
    outcome === "same"
      ? `${entries} entries, all as they were signed. Head: ${head ?? "none"}`
      : `${entries} entries: not what was signed.`,
  );
  terminal.result(check);
  return codeOf(outcome);
}
