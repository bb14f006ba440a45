import { chownSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { userOfServers } from "./postgres-server.ts";
import { dataFolder, freePort, type RunningServer, runServer, startServer } from "./servers.ts";

/** Debian keeps it off the PATH of those who aren't root. */
const program = existsSync("/usr/sbin/pgbouncer") ? "/usr/sbin/pgbouncer" : "pgbouncer";

/** A real PgBouncer before the database that an address names; it lets everybody in. */
export async function startPgBouncer(
  databaseUrl: string,
  { mode, poolSize }: { mode: "session" | "transaction" | "statement"; poolSize: number },
): Promise<RunningServer> {
  const data = await dataFolder("pgbouncer");
  const user = userOfServers();
  const port = await freePort();
  const { hostname, port: serverPort, pathname, username } = new URL(databaseUrl);
  const users = join(data.path, "users.txt");
  const file = join(data.path, "pgbouncer.ini");
  writeFileSync(users, `"${username}" ""\n`);
  writeFileSync(
    file,
    [
      "[databases]",
      `* = host=${hostname} port=${serverPort}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = trust",
      `auth_file = ${users}`,
      `pool_mode = ${mode}`,
      `default_pool_size = ${poolSize}`,
    ].join("\n"),
  );
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [data.path, users, file]) chownSync(path, user.uid, user.gid);
  }
  return await runServer({
    url: `postgres://${username}@127.0.0.1:${port}${pathname}`,
    start: () => startServer(program, [file], { ready: /process up/, cwd: data.path, ...user }),
    signals: { down: "SIGTERM", kill: "SIGKILL" },
    remove: data.remove,
  });
}
