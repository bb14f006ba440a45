import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { exhibit } from "../support/run.ts";

test("--version names the version and what it runs on", async () => {
  const { code, stdout } = await exhibit(["--version"]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `exhibit 0.1.0 (Node ${process.version})\n`,
  });
});

test("help of a command is that of its --help", async () => {
  const [help, flag] = [await exhibit(["help", "files"]), await exhibit(["files", "--help"])];
  expect(help.code).toBe(0);
  expect(help.stdout).toBe(flag.stdout);
  expect(help.stdout).toContain("Usage: exhibit files");
});

test.each([[["nonsense", "--help"]], [["help", "nonsense"]], [["--help", "nonsense", "x"]]])(
  "%j is an unknown command, not a question for help",
  async (args) => {
    const { code, stdout, stderr } = await exhibit(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("unknown command 'nonsense'");
  },
);

test("a code that there isn't is told with those that look like it", async () => {
  const { code, stderr } = await exhibit(["waive", "1", "--why", "w", "--code", "SOURCE_NOTFOUND"]);
  expect(code).toBe(2);
  expect(stderr).toContain("Did you mean SOURCE_NOT_FOUND");
  expect(stderr).not.toContain("VENDOR_CLOCK");
});

test("bash completes commands, options, and values that are few", async () => {
  const { stdout: script } = await exhibit(["completion", "bash"]);
  /** What is typed, the last word to be completed, and what bash makes of it. */
  const completions: [string[], string][] = [
    [["sta"], "status stamps"],
    [["status", "--st"], "--status"],
    [["status", "--status", "a"], "attention"],
    [["vendors", "che"], "check"],
    [["vendors", "check", "--role", ""], "entrust lawyer firm"],
    [["--json", "vendors", "check", "--su"], "--suit"],
    [["completion", ""], "bash zsh"],
    [["help", "wa"], "watch waive"],
    [["import", "/et"], "/etc"],
  ];
  const lines = completions.map(
    ([words]) =>
      `COMP_WORDS=(exhibit ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; COMPREPLY=(); ` +
      `_exhibit; echo "\${COMPREPLY[*]}"`,
  );
  const ran = await promisify(execFile)("bash", ["-c", [script, ...lines].join("\n")]);
  expect(ran.stdout.trimEnd().split("\n")).toEqual(completions.map(([, completed]) => completed));
});
