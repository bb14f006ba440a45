import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  findFiles,
  groupErrors,
  groupFailures,
  type Ledger,
  listFiles,
  listTree,
  openEmbeddedLedger,
  openPglite,
  openPostgresLedger,
  readFile,
  readImport,
} from "@exhibit/ledger";
import { dataFolder, startPostgres } from "@exhibit/testkit";
import { sql } from "kysely";
import { timeCalls } from "../measure.ts";

// How long the views of an import's files take, for docs/scale.md:
// npx node bench/probes/file-views.ts [files] [postgres|pglite]
// One import: its files are stored but for one in a thousand, which failed. They lie in folders of 500,
// ten of which are in another.

const count = Number(process.argv[2] ?? 100_000);
const kind = process.argv[3] ?? "postgres";
const REPEATS = 5;
const ID = "01900000-0000-7000-8000-000000000000";

await using stack = new AsyncDisposableStack();
const ledger = kind === "pglite" ? await embedded() : await onPostgres();
stack.defer(() => ledger.close());
await fill(ledger);
const sha256 = createHash("sha256")
  .update(String(count - 7))
  .digest("hex");

const files = (query: object) => listFiles(ledger, ID, { limit: 1000, ...query });
const tree = (prefix: string) => listTree(ledger, ID, "1", { limit: 1000, prefix });
const lines = [
  await timeCalls(REPEATS, "the first 1,000 files", () => files({})),
  await timeCalls(REPEATS, "1,000 from a path in the middle on", () =>
    files({ start: "folder-5/" }),
  ),
  await timeCalls(REPEATS, "by how the path begins", () => files({ prefix: "folder-5/sub-3/" })),
  await timeCalls(REPEATS, "by a part of the path that none has", () => files({ q: "none" })),
  await timeCalls(REPEATS, "in a state that none is in", () => files({ state: ["identical"] })),
  await timeCalls(REPEATS, "failed, the first 1,000", () => files({ state: ["failed"] })),
  await timeCalls(REPEATS, "by SHA-256, in the import", () => files({ sha256 })),
  await timeCalls(REPEATS, "by SHA-256, in all imports", () =>
    findFiles(ledger, { sha256, limit: 100 }),
  ),
  await timeCalls(REPEATS, "one file", () => readFile(ledger, ID, "1000")),
  await timeCalls(REPEATS, "the top of the tree", () => tree("")),
  await timeCalls(REPEATS, "a folder of the tree", () => tree("folder-5/")),
  await timeCalls(REPEATS, "what failed, by code", () =>
    groupErrors(ledger, ID, { by: [], limit: 100 }),
  ),
  await timeCalls(REPEATS, "by code, folder and message", () =>
    groupErrors(ledger, ID, { by: ["folder", "message"], limit: 100 }),
  ),
  await timeCalls(REPEATS, "over all imports", () =>
    groupFailures(ledger, { by: ["vendor", "import"], limit: 100 }),
  ),
  await timeCalls(REPEATS, "the import", () => readImport(ledger, ID)),
];
process.stdout.write(`${count} files on ${kind}\n${lines.join("\n")}\n`);

async function onPostgres(): Promise<Ledger> {
  const postgres = await startPostgres();
  stack.defer(() => postgres.stop());
  return await openPostgresLedger(postgres.url);
}

async function embedded(): Promise<Ledger> {
  const folder = await dataFolder("file-views");
  stack.defer(folder.remove);
  const pglite = await openPglite(join(folder.path, "ledger"));
  stack.defer(() => pglite.close());
  return await openEmbeddedLedger(pglite);
}

async function fill({ db }: Ledger): Promise<void> {
  const failed = Math.floor(count / 1000);
  const stored = count - failed;
  await sql`
    insert into imports (id, suit_ids, status, open_folders, files, stored, failed)
    values (${ID}, '{}', 'attention', 0, ${count}, ${stored}, ${failed})`.execute(db);
  await sql`
    insert into folders (import_id, position, vendor, selector, source, planned, files, stored, failed)
    values (${ID}, 0, 'kongur', '{}', '{"type":"directory","path":"/a"}', true, ${count}, ${stored}, ${failed})`.execute(
    db,
  );
  await sql`
    insert into shards (import_id, folder_id, number, files, bytes, state, openings)
    select ${ID}, 1, n, 256, 256, 'stored', 1 from generate_series(1, ${Math.ceil(count / 256)}::integer) as n`.execute(
    db,
  );
  await sql`
    insert into files (folder_id, shard_id, path, size, state, sha256, etag, request_id, stored_at, error_code, error, error_at)
    select 1, (n - 1) / 256 + 1, 'folder-' || n / 5000 || '/sub-' || (n / 500) % 10 || '/' || n || '-file.pdf', 1000,
      case when has_failed then 'failed' else 'stored' end, case when not has_failed then sha256(n::text::bytea) end,
      '"E"', 'R', now(), case when has_failed then 'SOURCE_CHANGED' end,
      case when has_failed then 'file ' || n || ' has changed: its size from ' || n || ' to 7 bytes.' end,
      case when has_failed then now() end
    from generate_series(1, ${count}::integer) as n, lateral (select n % 1000 = 0 as has_failed) as each`.execute(
    db,
  );
  await sql`
    insert into shard_digests (shard_id, heads)
    select shard_id, array_agg(('x' || encode(substring(sha256 from 1 for 4), 'hex'))::bit(32)::integer)
    from files where sha256 is not null group by shard_id`.execute(db);
  await sql`vacuum analyze`.execute(db);
}
