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
  /** What bash makes of these words when the last one is to be completed. */
  const completions = async (...words: string[]) => {
    const lines = `eval "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _exhibit; echo "\${COMPREPLY[*]}"`;
    const ran = await promisify(execFile)("bash", ["-c", lines, script, "exhibit", ...words]);
    return ran.stdout.trim();
  };
  expect(await completions("sta")).toBe("status");
  expect(await completions("status", "--st")).toBe("--status");
  expect(await completions("status", "--status", "a")).toBe("attention");
  expect(await completions("vendors", "che")).toBe("check");
  expect(await completions("vendors", "check", "--role", "")).toBe("entrust lawyer firm");
  expect(await completions("--json", "vendors", "check", "--su")).toBe("--suit");
  expect(await completions("completion", "")).toBe("bash zsh");
  expect(await completions("help", "wa")).toBe("watch waive");
  expect(await completions("import", "/et")).toBe("/etc");
});
