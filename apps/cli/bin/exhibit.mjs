#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --min-semi-space-size=8 --max-semi-space-size=8
import { accessSync, constants } from "node:fs";
import modules from "node:module";
import { fileURLToPath } from "node:url";

// JavaScript, so that Node needn't load what strips types before it looks into the cache.
//
// The flags fix V8's space for new objects: it would grow to 128 MB, and begin anew at 1 MB after each pause of work. And glibc
// would give each of a dozen threads a heap of its own, which keeps what the compiler took once. Both hold only when Node is
// started with them (also in Dockerfile and scripts/start.mjs); docs/performance.md has what they save.

/**
 * Compiled modules are kept beside the packages, where nobody can write who couldn't as well write the program; not in
 * Node's default, a folder of /tmp. An image may have it filled and locked; without a place to write it does without.
 */
function keepCompiledModules() {
  const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));
  try {
    accessSync(packages, constants.R_OK);
  } catch {
    // Node would try for ever to make the folder in one that isn't there.
    return;
  }
  const folder = `${packages}/.cache/exhibit`;
  const { status } = modules.enableCompileCache(folder);
  if (status !== modules.constants.compileCacheStatus.ENABLED) return;
  // Threads and worker processes only know of it by this.
  // biome-ignore lint/style/noProcessEnv: Node's own variable
  process.env.NODE_COMPILE_CACHE = folder;
}

/** Where somebody had Node use its own proxies: the API on this machine isn't behind them, and Node would ask them for it. */
function reachThisMachineDirectly() {
  // biome-ignore-start lint/style/noProcessEnv: Node's own variables
  if (!process.env.NODE_USE_ENV_PROXY) return;
  const excepted = process.env.no_proxy || process.env.NO_PROXY;
  const all = [...(excepted ? [excepted] : []), "localhost,127.0.0.1,::1"].join(",");
  process.env.no_proxy = all;
  process.env.NO_PROXY = all;
  // biome-ignore-end lint/style/noProcessEnv: Node's own variables
}

/** cron and systemd find the system's Node, which may be older than ours and understand nothing of what follows. */
async function runByNode24() {
  const { runNode24 } = await import("../../../scripts/run-node-24.mjs");
  const self = fileURLToPath(import.meta.url);
  process.exitCode = await runNode24([...process.execArgv, self, ...process.argv.slice(2)]);
}

if (Number.parseInt(process.versions.node, 10) < 24) {
  await runByNode24();
} else {
  keepCompiledModules();
  reachThisMachineDirectly();
  await import("../src/main.ts");
}
