import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { plainSummary } from "./test/plain-summary.ts";

const servers = ["test/redis-server.ts", "test/postgres-server.ts", "test/pglite-template.ts"];

/** One project for each level: no I/O, loopback fakes, one real server, the whole system. */
function project(name: string, options: { servers?: boolean; seconds: number }) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`**/test/${name}/**/*.test.ts`],
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
    // One more file than there are cores: the long ones wait much (for a lock to end, for a server that is away). Files
    // share the two servers and nothing else: databases, ports and folders are each test's own.
    maxWorkers: availableParallelism() + 1,
    projects: [
      project("unit", { seconds: 20 }),
      project("conformance", { seconds: 30 }),
      project("integration", { seconds: 60, servers: true }),
      project("end-to-end", { seconds: 180, servers: true }),
      project("faults", { seconds: 90 }),
    ],
  },
});
