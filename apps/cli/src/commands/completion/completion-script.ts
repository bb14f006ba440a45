import type { Command } from "commander";

export const shells = ["bash", "zsh"] as const;
export type Shell = (typeof shells)[number];

/**
 * Returns a completion script for a shell, made from the commands of the program. It completes
 * their names, their options, the values of options that have few, and file names everywhere else.
 */
export function completionScript(shell: Shell, program: Command): string {
  const names = [...program.commands.map((command) => command.name()), "help"];
  const cases = program.commands.flatMap((command) => casesOf(command, command.name()));
  return `${preambles[shell]}_exhibit() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" flags="" each at
  for ((at = 1; at < COMP_CWORD; at++)); do
    each="\${COMP_WORDS[at]}"
    case "$command $each" in
      *" -"*) ;;
${subcommandCases(program)}
      " "*) command="$each" ;;
    esac
  done
  case "$command $before" in
${cases.join("\n")}
    "help "*) words="${names.join(" ")}" ;;
    " "*) words="${names.join(" ")}" flags="--help --version" ;;
  esac
  if [[ $word == -* ]]; then words="$flags"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ $word != -* && \${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _exhibit exhibit
`;
}

const preambles: Readonly<Record<Shell, string>> = {
  bash: "",
  // zsh can complete in bash's way.
  zsh: "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n",
};

/** Returns the cases in which a word after a command's name is the name of a subcommand. */
function subcommandCases(program: Command): string {
  return program.commands
    .flatMap((command) => command.commands.map((below) => `${command.name()} ${below.name()}`))
    .map((path) => `      "${path}") command="${path}" ;;`)
    .join("\n");
}

/**
 * Returns the words that may follow `path`: first after an option that has few values, then
 * anywhere else.
 */
function casesOf(command: Command, path: string): string[] {
  const { options } = command;
  const values = options
    .filter(({ argChoices }) => argChoices !== undefined)
    .map(({ long, argChoices }) => `    "${path} ${long}") words="${argChoices?.join(" ")}" ;;`);
  const words = [
    ...command.commands.map((below) => below.name()),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  ];
  const flags = [...options.flatMap(({ long }) => long ?? []), "--help"];
  return [
    ...command.commands.flatMap((below) => casesOf(below, `${path} ${below.name()}`)),
    ...values,
    `    "${path} "*) words="${words.join(" ")}" flags="${flags.join(" ")}" ;;`,
  ];
}
