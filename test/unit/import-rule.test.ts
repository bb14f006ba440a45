import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What each room may import: the one-way rule of the house, from `contracts` upwards. */
const allowed: Record<string, readonly string[]> = {
  contracts: [],
  credentials: ["contracts"],
  config: ["contracts", "credentials"],
  oss: ["contracts", "credentials"],
  sources: ["contracts"],
  ledger: ["contracts"],
  queue: ["contracts"],
  telemetry: ["contracts"],
  ingest: ["contracts", "credentials", "oss", "sources", "ledger", "queue", "telemetry"],
  sandbox: ["contracts"],
  api: ["contracts", "ingest", "queue", "telemetry"],
  worker: [
    "config",
    "contracts",
    "credentials",
    "ingest",
    "ledger",
    "oss",
    "queue",
    "sources",
    "telemetry",
  ],
  cli: ["api", "config", "contracts", "sandbox", "telemetry", "worker"],
};

/** `oss` may know what a lease is, but not how one is had. */
const typesOnly: Record<string, readonly string[]> = { oss: ["credentials"] };

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?[^"';]*?from\s+"(@exhibit\/[^"]+|\.[^"]*)"/g;

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return /\.(ts|tsx)$/.test(name) ? [path] : [];
  });
}

const rooms = ["packages", "apps"].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => ({ name, folder: join(root, kind, name, "src") })),
);

/** The ways into a package, those for tests aside: `""` is the front door. */
function doorsOf(room: string): string[] {
  const src = rooms.find(({ name }) => name === room)?.folder ?? "";
  const { exports } = JSON.parse(readFileSync(join(src, "../package.json"), "utf8"));
  const doors = Object.keys(exports).map((door) => door.slice(1));
  return doors.filter((door) => door !== "/testing");
}

test("every room of the house has its place in the import rule", () => {
  expect(rooms.map(({ name }) => name).sort()).toEqual(Object.keys(allowed).sort());
});

test.each(rooms)("$name imports only what its place allows", ({ name, folder }) => {
  const wrong: string[] = [];
  for (const file of filesBelow(folder)) {
    for (const [, type, target = ""] of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const where = `${relative(root, file)} imports ${target}`;
      if (target.startsWith(".")) {
        const inside = join(file, "..", target);
        if (!inside.startsWith(folder + sep)) wrong.push(`${where}: another room's inside`);
        continue;
      }
      const [, room = "", ...door] = target.split("/");
      if (!doorsOf(room).includes(["", ...door].join("/"))) wrong.push(`${where}: past its doors`);
      else if (!allowed[name]?.includes(room)) wrong.push(where);
      else if (typesOnly[name]?.includes(room) && !type) wrong.push(`${where}: more than a type`);
    }
  }
  expect(wrong).toEqual([]);
});
