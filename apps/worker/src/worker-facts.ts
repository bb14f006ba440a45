import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import type { WorkerFacts } from "@exhibit/ledger";

/** What this process is: receipts name it. */
export function workerFacts(): WorkerFacts {
  const { node, openssl } = process.versions;
  return { host: hostname(), osUser: osUser(), version: ownVersion(), node, openssl };
}

/** Processes with the same view see the same files at the same paths: those of one machine with the same mounts. */
export function viewOf({ host }: Pick<WorkerFacts, "host">): string {
  try {
    return `${host} ${readlinkSync("/proc/self/ns/mnt")}`;
  } catch {
    // Only Linux has namespaces of mounts.
    return host;
  }
}

function ownVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** A user of a container may have a number only. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}
