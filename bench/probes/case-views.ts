import {
  type Ledger,
  listCaseFolders,
  listCases,
  listImports,
  openPostgresLedger,
  readCase,
} from "@exhibit/ledger";
import { startPostgres } from "@exhibit/testkit";
import { sql } from "kysely";
import { timeCalls } from "../measure.ts";

// How long the views of cases and lists of imports take, for docs/scale.md:
// npx node bench/probes/case-views.ts [imports]
// Half of the imports are of one case, which imports its 500 folders again and again; the others are
// five to a case, with two folders each. One import in a hundred needs attention.

const count = Number(process.argv[2] ?? 100_000);
const REPEATS = 15;

await using stack = new AsyncDisposableStack();
const postgres = await startPostgres();
stack.defer(() => postgres.stop());
const ledger = await openPostgresLedger(postgres.url);
stack.defer(() => ledger.close());
await fill(ledger);

const lines = [
  await timeCalls(REPEATS, "a case of 5 imports", () => readCase(ledger, { entrust_id: "E-7" })),
  await timeCalls(REPEATS, `a case of ${count / 2} imports`, () =>
    readCase(ledger, { entrust_id: "E-large" }),
  ),
  await timeCalls(REPEATS, "its folders", () =>
    listCaseFolders(ledger, { entrust_id: "E-large" }, { limit: 100 }),
  ),
  await timeCalls(REPEATS, "a suit of 5 imports", () => readCase(ledger, { suit_id: "S-7" })),
  await timeCalls(REPEATS, "the first 100 cases", () => listCases(ledger, { limit: 100 })),
  await timeCalls(REPEATS, "100 cases further back", () =>
    listCases(ledger, { limit: 100, after: Buffer.from("E-9").toString("base64url") }),
  ),
  await timeCalls(REPEATS, "the page with the large case", () =>
    listCases(ledger, { limit: 100, starts_with: "E-l" }),
  ),
  await timeCalls(REPEATS, "a list by label", () =>
    listImports(ledger, { limit: 100, label: [["batch", "b7"]] }),
  ),
  await timeCalls(REPEATS, "by q", () => listImports(ledger, { limit: 100, q: "E-77" })),
  await timeCalls(REPEATS, "by a part of a title that none has", () =>
    listImports(ledger, { limit: 100, title: "none" }),
  ),
  await timeCalls(REPEATS, "by creator", () =>
    listImports(ledger, { limit: 100, created_by: "clerk 7" }),
  ),
  await timeCalls(REPEATS, "by a vendor that none has", () =>
    listImports(ledger, { limit: 100, vendor: "rex" }),
  ),
  await timeCalls(REPEATS, "by status, with totals", () =>
    listImports(ledger, { limit: 100, status: ["attention"], totals: true }),
  ),
];
process.stdout.write(`${count} imports\n${lines.join("\n")}\n`);

async function fill({ db }: Ledger): Promise<void> {
  await sql`
    insert into imports (id, entrust_id, suit_ids, title, labels, status, open_folders, files, bytes, stored, stored_bytes, failed, finished_at)
    select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      case when n % 2 = 0 then 'E-large' else 'E-' || n / 10 end,
      array[case when n % 2 = 0 then 'L-' || (n / 2) % 500 else 'S-' || n / 10 end],
      'Scans ' || n, jsonb_build_object('batch', 'b' || n % 1000),
      case when n % 100 = 7 then 'attention' else 'sealed' end, 0, 2000, 2e6, 1999, 1999e3, (n % 100 = 7)::integer, now()
    from generate_series(1, ${count}::integer) as n`.execute(db);
  await sql`
    insert into folders (import_id, position, vendor, selector, source, planned, files, bytes, stored, stored_bytes, failed)
    select imports.id, p, 'kongur', jsonb_build_object('suit_id', suit_ids[1]),
      jsonb_build_object('type', 'directory', 'path', '/evidence/' || suit_ids[1] || '/' || p), true,
      1000, 1e6, 1000 - (p = 0)::integer * failed, 1e6, (p = 0)::integer * failed
    from imports, generate_series(0, case when entrust_id = 'E-large' then 0 else 1 end) as p
    order by imports.id`.execute(db);
  await sql`
    insert into acts (import_id, who, what) select id, 'clerk ' || (row_number() over (order by id)) % 100, 'create'
    from imports`.execute(db);
  await sql`analyze`.execute(db);
}
