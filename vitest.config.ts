import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { plainSummary } from "./test/support/plain-summary.ts";

const servers = [
  "packages/testkit/src/redis-server.ts",
  "packages/testkit/src/postgres-server.ts",
  "packages/ledger/src/testing/templates.ts",
];

/** Tests that put others in the place of modules. */
const mocked = "**/*.mocked.test.ts";
/** Tests that take a minute or so a file: `npm run test:long` runs them, and CI. */
const long = "**/*.long.test.ts";

interface ProjectOptions {
  include?: string;
  servers?: boolean;
  seconds: number;
}

/** One project for each level: no I/O, loopback fakes, one real server, the whole system. */
function project(name: string, options: ProjectOptions) {
  const { include = `**/test/${name}/**/*.test.ts` } = options;
  return {
    extends: true as const,
    test: {
      name,
      include: [include],
      // Files of one level share processes, and what those have imported: it was half of the time. Only a module that is
      // mocked must not have been imported before.
      isolate: include === mocked,
      exclude: ["**/node_modules/**", ...[mocked, long].filter((apart) => apart !== include)],
      // Tests ask as fast as they can; a test of the limits sets its own.
      env: { EXHIBIT_API_READS_PER_MINUTE: "off", EXHIBIT_API_WRITES_PER_MINUTE: "off" },
      testTimeout: options.seconds * 1000,
      hookTimeout: options.seconds * 1000,
      ...(options.servers
        ? { globalSetup: servers.map((file) => join(import.meta.dirname, file)) }
        : {}),
    },
  };
}

export default defineConfig({
  test: {
    reporters: ["default", plainSummary],
    // Two more files than there are cores: the long ones wait much (for a lock to end, for a server that is away). Files
    // share the two servers and nothing else: databases, ports and folders are each test's own.
    maxWorkers: availableParallelism() + 2,
    projects: [
      project("unit", { seconds: 20 }),
      project("conformance", { seconds: 30 }),
      project("integration", { seconds: 60, servers: true }),
      project("end-to-end", { seconds: 180, servers: true }),
      project("mocked", { include: mocked, seconds: 60, servers: true }),
      project("long", { include: long, seconds: 180, servers: true }),
    ],
  },
});
