#!/usr/bin/env node
import { accessSync, constants } from "node:fs";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// JavaScript, so that Node needn't load what strips types before it looks into the cache.

/**
 * Compiled modules are kept beside the packages, where nobody can write who couldn't as well write the program; not in
 * Node's default, a folder of /tmp. An image may have it filled and locked; without a place to write it does without.
 */
function keepCompiledModules() {
  const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));
  try {
    accessSync(packages, constants.R_OK);
  } catch {
    return;
  }
  enableCompileCache(`${packages}/.cache/exhibit`);
}

keepCompiledModules();
await import("../src/main.ts");
