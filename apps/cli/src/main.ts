#!/usr/bin/env node
import { runCli } from "./cli.ts";

// Who reads only the beginning, such as `head`, has had enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), process);
// A connection that can't be closed because its server is away must not keep a process that is done.
setTimeout(() => process.exit(), 2000).unref();
