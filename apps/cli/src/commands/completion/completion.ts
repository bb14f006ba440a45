import { Argument } from "commander";
import { exitCodes } from "../../output/exit-codes.ts";
import type { CommandModule } from "../command.ts";
import { completionScript, type Shell, shells } from "./completion-script.ts";

export const completionCommand: CommandModule = (program, { run }) => {
  program
    .command("completion")
    .description("print a script with which the shell completes commands and options")
    .addArgument(new Argument("<SHELL>").choices(shells))
    .addHelpText("after", examples)
    .action((shell: Shell) =>
      run({}, async (terminal) => {
        await terminal.send(completionScript(shell, program));
        return exitCodes.done;
      }),
    );
};

const examples = `
Examples:
  source <(exhibit completion bash)           in ~/.bashrc
  source <(exhibit completion zsh)            in ~/.zshrc`;
