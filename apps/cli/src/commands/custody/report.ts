import { Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { type CommandModule, jsonOption } from "../command.ts";
import { writeBody } from "./fetch-parts.ts";

interface ReportOptions {
  to: string;
  lang: string;
  force?: boolean;
  json?: boolean;
}

export const reportCommand: CommandModule = (program, { run }) => {
  program
    .command("report")
    .description("write what an import's seal is about, for people to read")
    .argument("<ID>", "the import")
    .requiredOption("--to <file>", "a file that ends in .pdf or .html")
    .addOption(
      new Option("--lang <language>", "English or Chinese").choices(["en", "zh"]).default("en"),
    )
    .option("--force", "replace a file that exists")
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((id: string, options: ReportOptions) =>
      run(options, async (terminal) => {
        const { to, lang, force: replace = false } = options;
        const form = /\.(pdf|html)$/.exec(to)?.[1];
        if (form === undefined) throw badUse("The file of --to has to end in .pdf or .html.");
        const api = apiOfEnvironment();
        const importId = await importIdOf(api, id);
        await writeBody(await api.sealPart(importId, `report-${lang}.${form}`), to, replace);
        terminal.say(`${to}: a report of import ${importId}.`);
        terminal.result({ import_id: importId, report: to });
        return exitCodes.done;
      }),
    );
};

const explanation = `
It has what was taken into custody, when and by whom, where from and where to, what wasn't stored and why, incidents, the
seal with its key, and how to check it. It is made of the sealed lists, and isn't part of the seal itself.

Examples:
  exhibit report ID --to E-77.pdf
  exhibit report ID --to E-77.html --lang zh`;
