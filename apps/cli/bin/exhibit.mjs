#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --min-semi-space-size=8 --max-semi-space-size=8
import { accessSync, constants } from "node:fs";
import modules from "node:module";
import { fileURLToPath } from "node:url";

// This file is JavaScript, so that Node doesn't load its type stripper before it looks into the cache.
//
// The flags fix V8's space for new objects, which would otherwise grow to 128 MB and start again from
// 1 MB after each pause of work. MALLOC_ARENA_MAX keeps glibc from giving each of a dozen threads a heap
// of its own, which would keep what the compiler has used once. Both work only when Node is started with
// them (also in Dockerfile and scripts/start.mjs); docs/performance.md says what they save.

/**
 * Keeps compiled modules beside the packages, where only those can write who could also write the
 * program, and not in Node's default, a folder of /tmp. An image may have the folder filled and locked;
 * without a writable place there is no cache.
 */
function keepCompiledModules() {
  const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));
  try {
    accessSync(packages, constants.R_OK);
  } catch {
    // Node would try forever to make a folder within one that doesn't exist.
    return;
  }
  const folder = `${packages}/.cache/exhibit`;
  const { status } = modules.enableCompileCache(folder);
  if (status !== modules.constants.compileCacheStatus.ENABLED) return;
  // Threads and worker processes know of the cache only by this variable.
  // biome-ignore lint/style/noProcessEnv: Node's own variable
  process.env.NODE_COMPILE_CACHE = folder;
}

/** Excepts this machine from Node's own proxies, where somebody has enabled them: the API isn't behind a proxy. */
function reachThisMachineDirectly() {
  // biome-ignore-start lint/style/noProcessEnv: Node's own variables
  if (!process.env.NODE_USE_ENV_PROXY) return;
  const excepted = process.env.no_proxy || process.env.NO_PROXY;
  const all = [...(excepted ? [excepted] : []), "localhost,127.0.0.1,::1"].join(",");
  process.env.no_proxy = all;
  process.env.NO_PROXY = all;
  // biome-ignore-end lint/style/noProcessEnv: Node's own variables
}

/** Starts the program again by Node 24: cron and systemd find the system's Node, which may be too old for it. */
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
