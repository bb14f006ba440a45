#!/usr/bin/env node
import { runCli } from "./cli.ts";
import { outputTo } from "./output/output-stream.ts";

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: outputTo(process.stdout),
  stderr: outputTo(process.stderr),
});
// A connection that can't be closed because its server is away must not keep a process that is
// done.
setTimeout(() => process.exit(), 2000).unref();
