import { execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestProject } from "vitest/node";
import { dataFolder, freePort, type RunningServer, runServer, startServer } from "./servers.ts";
import { shareInRun } from "./share-in-run.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

export interface PostgresOptions {
  settings?: readonly string[];
  /** Who may come how, as in pg_hba.conf. @defaultValue everybody, without a password */
  rules?: string;
  /** The certificate and its key, in PEM: then it speaks TLS, too. */
  tls?: { cert: string; key: string };
}

/** Starts a real Postgres. It refuses to run as root, so it runs as the user of Debian's package then. */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningServer> {
  const data = await dataFolder("postgres");
  const user = userOfServers();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(data.path, user.uid, user.gid);
  const programs = findPrograms();
  const cluster = join(data.path, "cluster");
  execFileSync(
    join(programs, "initdb"),
    ["-D", cluster, "-U", "exhibit", "-A", "trust", "-E", "UTF8", "--no-sync"],
    { ...user, cwd: data.path, stdio: "pipe" },
  );
  const { rules, tls } = options;
  if (rules !== undefined) writeFileSync(join(cluster, "pg_hba.conf"), rules);
  if (tls !== undefined) {
    writeFileSync(join(cluster, "server.crt"), tls.cert);
    writeFileSync(join(cluster, "server.key"), tls.key, { mode: 0o600 });
    if (user.uid !== undefined && user.gid !== undefined) {
      chownSync(join(cluster, "server.key"), user.uid, user.gid);
    }
  }
  const settings = [
    "fsync=off",
    ...(tls === undefined ? [] : ["ssl=on"]),
    ...(options.settings ?? []),
  ].flatMap((one) => ["-c", one]);
  const port = await freePort();
  return await runServer({
    url: `postgres://exhibit@127.0.0.1:${port}/postgres`,
    start: () =>
      startServer(
        join(programs, "postgres"),
        ["-D", cluster, "-p", String(port), "-k", data.path, "-h", "127.0.0.1", ...settings],
        { ready: /ready to accept connections/, cwd: data.path, ...user },
      ),
    // An immediate shutdown ends the children, too; the next start recovers from the log, as after a crash.
    signals: { down: "SIGINT", kill: "SIGQUIT" },
    remove: data.remove,
  });
}

/** Starts one Postgres for all tests of a run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { value, release } = await shareInRun("postgres", async () => {
    const { url, stop } = await startPostgres();
    return { value: url, stop };
  });
  project.provide("postgresUrl", value);
  return release;
}

/** Returns Postgres's user if this process is root, for servers that refuse to run as root. */
export function userOfServers(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Returns the folder that holds both initdb and postgres, which Debian keeps off the PATH. */
function findPrograms(): string {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  const found = folders.find((folder) =>
    ["initdb", "postgres"].every((name) => existsSync(join(folder, name))),
  );
  if (found === undefined)
    throw new Error("PostgreSQL isn't installed: initdb and postgres weren't found.");
  return found;
}
