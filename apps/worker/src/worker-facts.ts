import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import type { WorkerFacts } from "@exhibit/ledger";

/** What this process is: receipts name it. */
export function workerFacts(): WorkerFacts {
  const { node, openssl } = process.versions;
  return { host: hostname(), osUser: osUser(), version: ownVersion(), node, openssl };
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
