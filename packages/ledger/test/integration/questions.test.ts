import { everything } from "@exhibit/contracts";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  answerQuestion,
  forgetOldQuestions,
  forgetQuestion,
  type Ledger,
  ledgerWithin,
  putQuestion,
  readAnswer,
  readQuestion,
} from "../../src/index.ts";
import { ledgerKinds } from "../../src/testing/index.ts";

describe.each(Object.entries(ledgerKinds))("Questions to the workers on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  const scope = { ...everything, roots: ["/evidence/E-1"] };
  const ask = (question: string, askedBy = crypto.randomUUID()) =>
    putQuestion({ ...ledgerWithin(ledger, scope), scope }, { askedBy, question });

  test("are read with the scope of whoever asks, and answered once, whatever text that is", async () => {
    const text = '{"path":"\u0000 \\ud800"}';
    const id = await ask(JSON.stringify(text));
    expect(await readQuestion(ledger, id)).toEqual({ scope, question: JSON.stringify(text) });
    expect(await readAnswer(ledger, id)).toBeUndefined();
    await answerQuestion(ledger, id, JSON.stringify(text));
    await answerQuestion(ledger, id, "too late");
    expect(await readAnswer(ledger, id)).toBe(JSON.stringify(text));
    expect(await readQuestion(ledger, id)).toBeUndefined();
  });

  test("are gone once nobody waits", async () => {
    const id = await ask("1");
    await forgetQuestion(ledger, id);
    expect(await readQuestion(ledger, id)).toBeUndefined();
    await answerQuestion(ledger, id, "nobody hears it");
    expect(await readAnswer(ledger, id)).toBeUndefined();
  });

  test("of one principal are four at a time, and don't keep others from asking", async () => {
    const [me, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push(await ask("1", me));
    await expect(ask("1", me)).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfter: 5_000 });
    await ask("1", other);
    await forgetQuestion(ledger, ids[0] ?? "");
    await ask("1", me);
  });

  test("whose asker has died are answered to nobody and forgotten, and hold nobody up", async () => {
    const me = crypto.randomUUID();
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push(await ask("1", me));
    await sql`update questions set asked_at = now() - interval '3 minutes' where asked_by = ${me}`.execute(
      ledger.db,
    );
    expect(await readQuestion(ledger, ids[0] ?? "")).toBeUndefined();
    const last = await ask("1", me);
    await forgetOldQuestions(ledger);
    const left = await ledger.db
      .selectFrom("questions")
      .select("id")
      .where("asked_by", "=", me)
      .execute();
    expect(left).toEqual([{ id: last }]);
  });
});
