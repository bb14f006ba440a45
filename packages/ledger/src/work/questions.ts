import { ExhibitError, type Scope } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { UUID } from "./check-import.ts";

/** Questions of one principal that may wait for an answer at the same time. */
const MAX_ASKED = 4;

/** Seconds after which a question is forgotten, whose asker has died. */
const FORGOTTEN_AFTER = 120;

/** Seconds after which somebody with too many questions may try again. */
const TRY_AGAIN = 5;

const isRecent = sql<boolean>`(asked_at > now() - ${sql.lit(FORGOTTEN_AFTER)} * interval '1 second')`;

/**
 * Writes a question to the workers down, on the authority of the ledger's scope, and returns its id.
 * Throws RATE_LIMITED while the principal waits for too many answers.
 */
export async function putQuestion(
  { db, scope }: Ledger & { scope: Scope },
  { askedBy, question }: { askedBy: string; question: string },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into questions (asked_by, scope, question)
    select ${askedBy}, ${JSON.stringify(scope)}::jsonb, ${question}
    where (select count(*) from questions where asked_by = ${askedBy} and ${isRecent}) < ${MAX_ASKED}
    returning id`.execute(db);
  const [row] = rows;
  if (row !== undefined) return row.id;
  throw new ExhibitError(
    "RATE_LIMITED",
    `You are waiting for ${MAX_ASKED} answers of the workers already: wait for one of them.`,
    { retryAfter: TRY_AGAIN * 1000 },
  );
}

/** Returns a question that waits for its answer; undefined if nobody waits for it any more. */
export async function readQuestion(
  { db }: Ledger,
  id: string,
): Promise<{ scope: Scope; question: string } | undefined> {
  return await db
    .selectFrom("questions")
    .select(["scope", "question"])
    .where("id", "=", id)
    .where("answer", "is", null)
    .where(isRecent)
    .executeTakeFirst();
}

/** Returns questions and who asked them, for the titles of their jobs; unknown ids are skipped. */
export async function readQuestionLabels(
  { db }: Ledger,
  ids: readonly string[],
): Promise<{ id: string; asked_by: string; question: string }[]> {
  const known = ids.filter((id) => UUID.test(id));
  if (known.length === 0) return [];
  return await db
    .selectFrom("questions")
    .select(["id", "asked_by", "question"])
    .where("id", "in", known)
    .execute();
}

/** Answers a question, once. */
export async function answerQuestion({ db }: Ledger, id: string, answer: string): Promise<void> {
  await db
    .updateTable("questions")
    .set({ answer })
    .where("id", "=", id)
    .where("answer", "is", null)
    .execute();
}

/** Returns the answer to a question; undefined if there is none yet. */
export async function readAnswer({ db }: Ledger, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("questions")
    .select("answer")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.answer ?? undefined;
}

export async function forgetQuestion({ db }: Ledger, id: string): Promise<void> {
  await db.deleteFrom("questions").where("id", "=", id).execute();
}

/** Forgets the questions of processes that have died. */
export async function forgetOldQuestions({ db }: Ledger): Promise<void> {
  await sql`delete from questions where not ${isRecent}`.execute(db);
}
