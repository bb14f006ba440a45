import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What each package may import of the others: one way, from `contracts` upwards. */
const allowed: Record<string, readonly string[]> = {
  contracts: [],
  testkit: [],
  access: ["contracts"],
  custody: ["contracts"],
  "safe-fetch": ["contracts"],
  client: ["contracts"],
  credentials: ["contracts"],
  config: ["contracts", "credentials", "safe-fetch"],
  oss: ["contracts", "credentials"],
  sources: ["contracts"],
  ledger: ["contracts", "custody"],
  queue: ["contracts"],
  telemetry: ["contracts"],
  sandbox: ["contracts"],
  ingest: [
    "access",
    "contracts",
    "credentials",
    "custody",
    "oss",
    "safe-fetch",
    "sources",
    "ledger",
    "queue",
    "telemetry",
  ],
  runtime: [
    "access",
    "config",
    "contracts",
    "credentials",
    "custody",
    "ingest",
    "ledger",
    "oss",
    "queue",
    "safe-fetch",
    "sources",
    "telemetry",
  ],
  api: ["contracts", "ingest", "queue", "runtime", "telemetry"],
  worker: ["contracts", "ingest", "ledger", "oss", "queue", "runtime", "sources", "telemetry"],
  cli: [
    "api",
    "client",
    "config",
    "contracts",
    "credentials",
    "custody",
    "runtime",
    "sandbox",
    "telemetry",
    "worker",
  ],
};

/**
 * What each room of a package may import of its others, from the lowest upwards, types included. A room is a folder of `src`
 * with all below it, or a file that lies in `src` itself, named without `.ts`; `index` may import all. A package that isn't here
 * has no folders.
 */
const inside: Record<string, Record<string, readonly string[]>> = {
  contracts: {
    "at-most": [],
    endpoints: [],
    "file-body": [],
    "multipart-upload": [],
    "object-proof": [],
    period: [],
    "bucket-retention": ["period"],
    hosts: [],
    "host-check": ["hosts"],
    text: [],
    access: ["text", "at-most"],
    errors: ["text"],
    "bandwidth-limit": ["errors"],
    api: ["text", "access", "errors", "at-most", "object-proof"],
    "file-list": ["api"],
  },
  access: {
    secrets: [],
    sessions: [],
    tokens: [],
    login: ["tokens"],
    check: ["secrets", "sessions"],
    testing: [],
  },
  custody: {
    digest: [],
    tree: ["digest"],
    lines: ["digest"],
    page: [],
    certificates: [],
    register: ["certificates", "digest"],
    proof: ["digest", "register", "tree"],
    stamps: ["certificates", "digest"],
    bag: ["digest", "lines", "page", "proof", "register", "tree"],
    report: ["digest", "lines", "register"],
    check: ["bag", "digest", "lines", "proof", "register", "stamps", "tree"],
  },
  "safe-fetch": {
    address: [],
    http: ["address"],
    "safe-fetch": ["address", "http"],
    testing: ["address"],
  },
  credentials: {
    lease: [],
    tunnel: [],
    vendor: ["lease", "tunnel"],
    "folder-schema": ["vendor"],
    options: ["lease"],
    gateways: ["tunnel", "options"],
    vendors: ["lease", "vendor", "options", "gateways"],
    registry: ["vendor", "options", "vendors"],
    stores: ["vendor"],
    broker: ["lease", "vendor", "stores", "folder-schema"],
  },
  oss: {
    "upload-record": [],
    "lease-holder": [],
    "object-reading": ["lease-holder"],
    "object-store": ["upload-record", "lease-holder", "object-reading"],
    http: [],
    signing: ["http"],
    metadata: [],
    api: ["http", "signing", "metadata"],
    lease: [],
    flow: ["lease-holder", "object-store", "http", "api", "lease"],
    body: ["http"],
    proof: ["object-reading", "object-store", "api", "flow", "body"],
    put: [
      "upload-record",
      "object-store",
      "http",
      "metadata",
      "api",
      "lease",
      "flow",
      "body",
      "proof",
    ],
    read: ["object-reading", "http", "api", "lease", "flow"],
    "create-object-store": [
      "upload-record",
      "object-reading",
      "object-store",
      "http",
      "api",
      "lease",
      "flow",
      "body",
      "proof",
      "put",
      "read",
    ],
    simulation: ["api", "lease", "flow", "body", "create-object-store"],
  },
  sources: {
    source: [],
    "source-error": [],
    digests: [],
    "file-system": ["source", "source-error"],
    "source-kind": ["source", "file-system"],
    directory: ["source", "source-error", "file-system", "source-kind"],
    threads: ["source", "digests", "file-system", "directory"],
    registry: ["source-kind", "directory"],
    "create-sources": ["source", "source-kind", "file-system", "threads", "registry"],
    testing: ["source", "digests", "create-sources"],
  },
  sandbox: {
    accounts: [],
    clocks: [],
    http: [],
    "request-log": [],
    faults: [],
    tokens: ["accounts"],
    oss: ["http", "request-log", "faults", "tokens"],
    tsa: ["faults"],
    gateway: ["accounts", "http", "request-log", "faults", "tokens", "oss"],
    control: ["clocks", "http", "faults", "tokens", "oss", "gateway"],
    "start-sandbox": ["accounts", "clocks", "http", "tokens", "oss", "tsa", "gateway", "control"],
  },
  queue: {
    queues: [],
    handler: [],
    enqueue: ["queues"],
    engine: ["queues", "handler", "enqueue"],
    counts: ["queues", "engine"],
    processor: ["queues", "handler"],
    drain: ["queues"],
    "error-backoff": ["queues"],
    "event-loop-stall": [],
    "create-engine": [
      "queues",
      "enqueue",
      "engine",
      "processor",
      "counts",
      "drain",
      "error-backoff",
      "event-loop-stall",
    ],
    embedded: ["queues", "engine", "processor", "create-engine"],
    redis: ["queues", "engine", "processor", "create-engine"],
  },
  ledger: {
    states: [],
    schema: ["states"],
    ledger: ["schema"],
    scope: ["ledger"],
    migrations: [],
    sql: [],
    idempotency: ["schema", "ledger"],
    audit: ["schema", "ledger", "sql", "idempotency"],
    deployment: ["schema", "ledger", "sql", "audit"],
    database: ["schema", "ledger", "migrations", "sql", "deployment"],
    planning: ["states", "schema", "ledger", "sql"],
    storing: ["states", "schema", "ledger", "sql"],
    work: ["states", "ledger", "scope", "sql", "planning"],
    workers: ["ledger", "scope", "sql", "audit", "idempotency"],
    views: ["states", "schema", "ledger", "scope", "sql", "storing", "work", "workers"],
    sealing: ["states", "schema", "ledger", "scope", "sql", "audit", "views", "work"],
    verification: ["schema", "ledger", "scope", "sql", "audit", "views", "work", "sealing"],
    webhooks: ["schema", "ledger", "scope", "sql", "audit", "work", "views"],
    actions: [
      "states",
      "schema",
      "ledger",
      "scope",
      "sql",
      "audit",
      "planning",
      "storing",
      "sealing",
      "work",
      "webhooks",
    ],
    access: ["schema", "ledger", "sql", "audit", "views"],
    cases: ["states", "schema", "ledger", "scope", "views"],
    testing: ["ledger", "sealing"],
  },
  ingest: {
    access: [],
    jobs: [],
    fleet: [],
    leases: ["fleet"],
    planning: ["jobs", "fleet"],
    storing: ["jobs", "fleet", "leases"],
    sealing: ["jobs"],
    deposits: ["jobs", "leases", "storing"],
    verification: ["jobs", "leases", "storing"],
    webhooks: ["jobs"],
    maintenance: ["jobs", "storing"],
    questions: ["jobs", "fleet", "planning"],
    control: ["jobs", "webhooks", "questions"],
    simulation: ["planning", "storing"],
  },
  client: {
    "abortable-pause": [],
    "response-errors": [],
    http: ["abortable-pause", "response-errors"],
    repeated: ["abortable-pause"],
    "api-client": ["http", "repeated"],
    "server-sent-events": [],
    "follow-import": ["abortable-pause", "api-client", "server-sent-events"],
    "follow-all": ["abortable-pause", "api-client", "server-sent-events"],
    "to-array": [],
    testing: [],
  },
  api: {
    http: [],
    access: ["http"],
    pages: ["access"],
    board: ["http", "access", "pages"],
    progress: ["http"],
    export: [],
    action: ["access", "progress"],
    idempotency: ["http", "access", "action"],
    routes: ["http", "access", "pages", "progress", "export", "action", "idempotency"],
    "build-api": ["http", "access", "board", "pages", "progress", "action", "routes"],
  },
  cli: {
    output: [],
    process: ["output"],
    case: ["output"],
    "file-list": ["output"],
    client: ["output", "process"],
    up: ["output", "process", "case", "client"],
    commands: ["output", "process", "case", "file-list", "client", "up"],
    guide: [],
    cli: ["output", "process", "commands", "guide"],
    main: ["output", "cli"],
  },
};

/** `oss` may know what a lease is, but not how one is had; `api` may know what `runtime` hands it, but opens nothing. */
const typesOnly: Record<string, readonly string[]> = { oss: ["credentials"], api: ["runtime"] };

const IMPORT =
  /(?:(?:^|\n)\s*(?:import|export)\s+(type\s+)?[^"';]*?from\s+|import\()"(@exhibit\/[^"]+|\.[^"]*)"/g;

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return /\.(ts|tsx)$/.test(name) ? [path] : [];
  });
}

const packages = ["packages", "apps"].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => ({ name, folder: join(root, kind, name, "src") })),
);

/** The ways into a package, those for tests and simulations aside: `""` is the front door. */
function doorsOf(of: string): string[] {
  const src = packages.find(({ name }) => name === of)?.folder ?? "";
  const { exports } = JSON.parse(readFileSync(join(src, "../package.json"), "utf8"));
  const doors = Object.keys(exports).map((door) => door.slice(1));
  return doors.filter((door) => door !== "/testing" && door !== "/simulation");
}

test("every package has its place in the import rule", () => {
  expect(packages.map(({ name }) => name).sort()).toEqual(Object.keys(allowed).sort());
});

test.each(packages)("$name imports only what its place allows", ({ name, folder }) => {
  const wrong: string[] = [];
  for (const file of filesBelow(folder)) {
    // Doors for tests stand on the package itself and on what tests share.
    const isTesting = roomOf(folder, file) === "testing";
    for (const [, type, target = ""] of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const where = `${relative(root, file)} imports ${target}`;
      if (target.startsWith(".")) {
        const within = join(file, "..", target);
        if (!within.startsWith(folder + sep)) wrong.push(`${where}: another package's inside`);
        continue;
      }
      const [, room = "", ...door] = target.split("/");
      if (isTesting && (room === "testkit" || room === name)) continue;
      if (!doorsOf(room).includes(["", ...door].join("/"))) wrong.push(`${where}: past its doors`);
      else if (!allowed[name]?.includes(room)) wrong.push(where);
      else if (typesOnly[name]?.includes(room) && !type) wrong.push(`${where}: more than a type`);
    }
  }
  expect(wrong).toEqual([]);
});

/** The room of a package that a file of its `src` is in. */
function roomOf(src: string, file: string): string {
  const [first = ""] = relative(src, file).split(sep);
  return first.replace(/\.ts$/, "");
}

describe.each(packages.filter(({ name }) => name in inside))("$name", ({ name, folder: src }) => {
  const order = inside[name] ?? {};
  const rooms = new Set(filesBelow(src).map((file) => roomOf(src, file)));
  rooms.delete("index");

  test("has a place for each of its rooms", () => {
    expect([...rooms].sort()).toEqual(Object.keys(order).sort());
  });

  test("has an order without a circle: a room may import only those before it", () => {
    const before = new Set<string>();
    for (const [room, others] of Object.entries(order)) {
      expect([room, others.filter((other) => !before.has(other))]).toEqual([room, []]);
      before.add(room);
    }
  });

  test("imports between its rooms, types included, only as its order allows", () => {
    const wrong: string[] = [];
    const used = new Set<string>();
    for (const file of filesBelow(src)) {
      const own = roomOf(src, file);
      for (const [, , target = ""] of readFileSync(file, "utf8").matchAll(IMPORT)) {
        if (!target.startsWith(".")) continue;
        const other = roomOf(src, join(file, "..", target));
        if (other === own || own === "index") continue;
        used.add(`${own} → ${other}`);
        if (!order[own]?.includes(other)) wrong.push(`${relative(root, file)} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
    // What nobody needs isn't allowed either: the table tells how the package is.
    const needless = Object.entries(order).flatMap(([own, others]) =>
      others.map((other) => `${own} → ${other}`).filter((way) => !used.has(way)),
    );
    expect(needless).toEqual([]);
  });
});
