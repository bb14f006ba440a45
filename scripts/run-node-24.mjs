import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { installedNode } from "./installed-node.mjs";
import { inRoot } from "./root.mjs";

const passedOn = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Returns the path of a Node 24 or newer: the one that npm installed here, or the running one. Ends the process without one. */
function node24() {
  const found = [installedNode, process.execPath].find((node) => majorOf(node) >= 24);
  if (found !== undefined) return found;
  process.stderr.write(
    `Exhibit needs Node 24 or newer, and this is ${process.version}: install it from https://nodejs.org and start again.\n`,
  );
  process.exit(1);
}

/** Returns `base` with a PATH in which `#!/usr/bin/env node` and the tools of node_modules find Node 24. */
export function environmentOfNode24(base = process.env) {
  const path = [dirname(node24()), inRoot("node_modules/.bin"), base.PATH ?? ""];
  return { ...base, PATH: path.join(delimiter) };
}

/** Runs Node 24 with `args` and returns its exit code, as `run` does. */
export function runNode24(args, options = {}) {
  return run(node24(), args, { ...options, env: environmentOfNode24(options.env) });
}

/** Runs a program on this terminal and passes signals on. Returns its exit code, 128 + n if signal n ended it. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const pass = (signal) => child.kill(signal);
    const end = (code) => {
      for (const signal of passedOn) process.off(signal, pass);
      resolve(code);
    };
    for (const signal of passedOn) process.on(signal, pass);
    child.once("error", (error) => {
      process.stderr.write(`${command} can't be run: ${error.message}\n`);
      end(1);
    });
    child.once("exit", (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

function majorOf(node) {
  if (node === process.execPath) return Number.parseInt(process.versions.node, 10);
  if (!existsSync(node)) return 0;
  const answer = spawnSync(node, ["--version"], { encoding: "utf8" });
  return answer.status === 0 ? Number.parseInt(answer.stdout.slice(1), 10) : 0;
}
