import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import type { WorkerFacts } from "@exhibit/ledger";

/** Returns what this process is, which receipts name. */
export function workerFacts(): WorkerFacts {
  const { node, openssl } = process.versions;
  return { host: hostname(), osUser: osUser(), version: ownVersion(), node, openssl };
}

/**
 * Returns a name for what a process sees of the file systems. Processes with equal names see the
 * same files at the same paths: they run on one machine with the same mounts.
 */
export function viewOf({ host }: Pick<WorkerFacts, "host">): string {
  try {
    return `${host} ${readlinkSync("/proc/self/ns/mnt")}`;
  } catch {
    // Only Linux has mount namespaces.
    return host;
  }
}

function ownVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** In a container a user may have only a number. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}
