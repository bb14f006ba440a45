import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** What the whole-system tests start, the Debian package each comes from, and where to look for it. */
const programs = [
  {
    name: "redis-server",
    package: "redis-server",
    found: () => inPath("redis-server") !== undefined,
  },
  {
    name: "redis-sentinel",
    package: "redis-sentinel",
    found: () => inPath("redis-sentinel") !== undefined,
  },
  { name: "PgBouncer", package: "pgbouncer", found: hasPgBouncer },
  { name: "PostgreSQL", package: "postgresql", found: hasPostgres },
  // What a stranger checks a seal with, and a shell that isn't the system's own.
  { name: "openssl", package: "openssl", found: () => inPath("openssl") !== undefined },
  { name: "busybox", package: "busybox", found: () => inPath("busybox") !== undefined },
  // Chromium without what shows windows: it starts four times as fast as the whole, which is taken where it is there.
  {
    name: "Chromium",
    package: "chromium-headless-shell",
    found: () => ["chromium-headless-shell", "chromium"].some((name) => inPath(name) !== undefined),
  },
];

/** Installs the missing ones where that can be done without asking; elsewhere says what is missing and ends the process. */
export function ensurePrograms() {
  const missing = programs.filter((program) => !program.found());
  if (missing.length === 0) return;
  const names = missing.map((program) => program.name).join(", ");
  const isRootOnDebian = process.getuid?.() === 0 && inPath("apt-get") !== undefined;
  if (!isRootOnDebian) {
    stop(
      `The tests need ${names}. On Debian or Ubuntu: sudo apt-get install ${missing.map((program) => program.package).join(" ")}`,
    );
  }
  process.stderr.write(`Installing what the tests start (${names})…\n`);
  const started = Date.now();
  aptGet(["update"]);
  aptGet([
    "install",
    "-y",
    "--no-install-recommends",
    ...missing.map((program) => program.package),
  ]);
  const still = missing.filter((program) => !program.found());
  if (still.length > 0)
    stop(
      `apt-get ended well, but ${still.map((program) => program.name).join(", ")} can't be found.`,
    );
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
}

/** Runs apt-get without a word, unless it fails: then with all it said. */
function aptGet(args) {
  const answer = spawnSync("apt-get", ["-qq", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (answer.status !== 0)
    stop(`apt-get ${args.join(" ")} failed:\n${answer.stdout}${answer.stderr}`);
}

/** A `postgres` counts only with `initdb` beside it: a wrapper in PATH may be alone. */
function hasPostgres() {
  const debian = "/usr/lib/postgresql";
  const folders = existsSync(debian)
    ? readdirSync(debian).map((version) => join(debian, version, "bin"))
    : [];
  const first = inPath("postgres");
  if (first !== undefined) folders.push(dirname(first));
  return folders.some(
    (folder) => existsSync(join(folder, "postgres")) && existsSync(join(folder, "initdb")),
  );
}

/** Debian keeps it off the PATH of those who aren't root. */
function hasPgBouncer() {
  return inPath("pgbouncer") !== undefined || existsSync("/usr/sbin/pgbouncer");
}

function inPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
