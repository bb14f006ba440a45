// biome-ignore-all lint/suspicious/noUndeclaredEnvVars: these are npm's, no inputs of a turbo task
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { linkInstalledNode } from "./installed-node.mjs";
import { inRoot } from "./root.mjs";

const quiet = ["--loglevel=error", "--no-audit", "--no-fund"];

/** Installs what package-lock.json names, unless a stamp in node_modules says that this was done. */
export function ensureInstalled() {
  const lock = inRoot("package-lock.json");
  const stamp = inRoot("node_modules/.exhibit-installed");
  if (existsSync(lock) && textOf(stamp) === digestOf(lock)) return;

  const started = Date.now();
  process.stderr.write(
    "Installing what Exhibit needs (npm packages); the first time takes half a minute or more…\n",
  );
  const status = npm([existsSync(lock) ? "ci" : "install", ...quiet]);
  if (status !== 0) {
    process.stderr.write("npm couldn't install the packages; its message is above.\n");
    process.exit(1);
  }
  linkInstalledNode();
  // Without a lock file npm has just written one.
  mkdirSync(dirname(stamp), { recursive: true });
  if (existsSync(lock)) writeFileSync(stamp, digestOf(lock));
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
}

/** Runs the npm that runs this script, or else the one in PATH. Only its errors are shown. */
function npm(args) {
  const options = { cwd: inRoot("."), stdio: ["ignore", "ignore", "inherit"] };
  const cli = process.env.npm_execpath;
  if (cli?.endsWith("npm-cli.js") && existsSync(cli)) {
    // Not `process.execPath`: that may be the Node inside the node_modules that npm is about to replace.
    const node = process.env.npm_node_execpath ?? process.execPath;
    return spawnSync(node, [cli, ...args], options).status;
  }
  const beside = join(dirname(process.execPath), "npm");
  const command = process.platform === "win32" ? "npm.cmd" : existsSync(beside) ? beside : "npm";
  return spawnSync(command, args, { ...options, shell: process.platform === "win32" }).status;
}

function digestOf(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}
