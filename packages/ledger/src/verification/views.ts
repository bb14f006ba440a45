import type { FindingView, VerificationView } from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { isWithin } from "../scope.ts";
import { outcomeOf } from "../views/custody.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { checkImport } from "../work/check-import.ts";
import { noVerification } from "./verifications.ts";

type VerificationRow = Selectable<LedgerSchema["verifications"]>;

/** Returns a verification. Throws NOT_FOUND, also for one of an import outside the scope. */
export async function readVerification(ledger: Ledger, number: number): Promise<VerificationView> {
  const { rows } = await sql<VerificationRow>`
    select verifications.* from verifications join imports on imports.id = verifications.import_id
    where verifications.number = ${number} and ${isWithin(ledger)}`.execute(ledger.db);
  const [row] = rows;
  if (row) return viewOf(row);
  throw noVerification(number);
}

/** Lists the verifications of an import, the last one first. Throws NOT_FOUND. */
export async function listVerifications(
  ledger: Ledger,
  importId: string,
  query: PageQuery,
): Promise<Page<VerificationView>> {
  await checkImport(ledger, importId);
  const before = query.after === undefined ? null : Number(cursor(query.after, /^\d{1,15}$/));
  const rows = await ledger.db
    .selectFrom("verifications")
    .selectAll()
    .where("import_id", "=", importId)
    .$if(before !== null, (some) => some.where("number", "<", before ?? 0))
    .orderBy("number", "desc")
    .limit(query.limit + 1)
    .execute();
  const { items, next } = pageOf(rows, query.limit, (row) => String(row.number));
  return { items: items.map(viewOf), next };
}

/** Lists what a verification found, by its parts. Throws what `readVerification` throws. */
export async function listFindings(
  ledger: Ledger,
  number: number,
  query: PageQuery,
): Promise<Page<FindingView>> {
  await readVerification(ledger, number);
  const [part = "-1", id = "0"] =
    query.after === undefined ? [] : cursor(query.after, /^\d{1,9}\.\d{1,15}$/).split(".");
  const { rows } = await sql<Selectable<LedgerSchema["findings"]>>`
    select * from findings where verification = ${number} and (part, id) > (${Number(part)}, ${Number(id)})
    order by part, id limit ${query.limit + 1}`.execute(ledger.db);
  const { items, next } = pageOf(rows, query.limit, (row) => `${row.part}.${row.id}`);
  const views = items.map(({ id: finding, verification: _, part: __, file_id, ...finds }) => ({
    finding_id: String(finding),
    file_id: file_id === null ? null : String(file_id),
    ...finds,
  }));
  return { items: views, next };
}

function viewOf(row: VerificationRow): VerificationView {
  const { sample, seed, leaves } = row;
  return {
    number: row.number,
    import_id: row.import_id,
    seal: { number: row.seal_number, digest: Buffer.from(row.seal_digest).toString("hex") },
    against: row.against,
    by: row.by_means,
    means: row.means,
    sample: sample === null ? null : { size: sample, of: leaves, seed: seed ?? "" },
    folder: row.folder,
    states: row.states,
    rate: row.rate,
    why: row.why,
    requested_by: row.who,
    state: row.state,
    outcome: row.state === "ended" ? outcomeOf(row) : null,
    created_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
    parts: row.parts,
    parts_done: row.parts_done,
    checked: row.checked,
    same: row.same,
    differs: row.differs,
    missing: row.missing,
    younger: row.younger,
    extra: row.extra,
    unreadable: row.unreadable,
    entry: row.entry,
    findings_sha256:
      row.findings_digest === null ? null : Buffer.from(row.findings_digest).toString("hex"),
    error: row.error_code === null ? null : { code: row.error_code, message: row.error ?? "" },
  };
}
