#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --min-semi-space-size=8 --max-semi-space-size=8
import { accessSync, constants } from "node:fs";
import { enableCompileCache, constants as modules } from "node:module";
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
  if (enableCompileCache(folder).status !== modules.compileCacheStatus.ENABLED) return;
  // Threads and worker processes only know of it by this.
  // biome-ignore lint/style/noProcessEnv: Node's own variable
  process.env.NODE_COMPILE_CACHE = folder;
}

keepCompiledModules();
await import("../src/main.ts");
