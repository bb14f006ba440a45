import type { ApiClient, CaseName } from "@exhibit/client";
import { toArray } from "@exhibit/client";
import { TRIAL_NOTICE } from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { caseReport, caseTable } from "../../output/case-report.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount, type TimeStyle } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";

interface CaseOptions extends TimeStyle {
  suit?: string;
  json?: boolean;
}

export const caseCommand: CommandModule = (program, { run }) => {
  program
    .command("case")
    .description(
      "say whether everything of a case is in OSS, and what is missing; or list the cases",
    )
    .argument("[ENTRUST]", "the case's entrust_id; without it, the cases are listed")
    .option("--suit <id>", "a suit instead of a case: all imports that name it")
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((entrust: string | undefined, options: CaseOptions) =>
      run(options, (terminal) => {
        const api = apiOfEnvironment();
        const name = nameOf(entrust, options.suit);
        return name === undefined
          ? showAll(api, options, terminal)
          : showOne(api, name, options, terminal);
      }),
    );
};

const explanation = `
A folder that was imported several times counts once, by its last import that wasn't cancelled.
The exit code is 0 if the case is complete, and 1 if something is missing or still under way.

Examples:
  exhibit case
  exhibit case E-77
  exhibit case --suit 1001
  exhibit case E-77 --json`;

function nameOf(entrust: string | undefined, suit: string | undefined): CaseName | undefined {
  if (entrust !== undefined && suit !== undefined)
    throw badUse("Name either a case by its entrust_id, or a suit by --suit ID.");
  if (entrust !== undefined) return { entrust };
  return suit === undefined ? undefined : { suit };
}

async function showOne(
  api: ApiClient,
  name: CaseName,
  { utc }: CaseOptions,
  terminal: Terminal,
): Promise<number> {
  const view = await api.case(name);
  for (const line of caseReport(view, { utc })) terminal.say(line);
  if (terminal.json) terminal.result({ ...view, folders: await toArray(api.caseFolders(name)) });
  return view.complete ? exitCodes.done : exitCodes.failed;
}

async function showAll(api: ApiClient, { utc }: CaseOptions, terminal: Terminal): Promise<number> {
  const cases = await toArray(api.cases());
  if (cases.length === 0) terminal.say("No import has an entrust_id yet.");
  else {
    for (const line of caseTable(cases, { utc })) terminal.say(line);
    const complete = cases.filter((each) => each.complete).length;
    terminal.say(`${formatCount(cases.length, "case")}, ${complete} of them complete.`);
    if (cases.some(({ trial }) => trial)) terminal.say(TRIAL_NOTICE);
  }
  terminal.result({ cases });
  return exitCodes.done;
}
