import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/index.ts";
import { bytesArray, plainArray, textArray } from "../../../src/sql/arrays.ts";

describe.each(Object.entries(ledgerKinds))("Array literals on %s", (_, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("carry every text unchanged", async () => {
    const texts = [
      ...[
        "",
        " ",
        "plain",
        "NULL",
        "null",
        null,
        undefined,
        '"',
        '""',
        "\\",
        '\\"',
        "a\\nb",
        "\n\t",
      ],
      ...[
        ",",
        "a,b",
        "{",
        "}",
        "{a,b}",
        "{}",
        "'",
        "$1",
        "a/ü/😀.jpg",
        "证据",
        '{"code":"x\\y"}',
        "a\ufeffb",
      ],
    ];
    const { rows } = await sql`
      select t as text, t is null as none from unnest(${textArray(texts)}::text[]) as t`.execute(
      ledger.db,
    );
    expect(rows).toEqual(
      texts.map((text) => ({ text: text ?? null, none: typeof text !== "string" })),
    );
  });

  test("carry numbers, plain words and nothing", async () => {
    const [none, numbers, words] = [[], [0, -1, 2 ** 52, null], ["stored", undefined, "failed"]];
    const { rows } = await sql`
      select ${plainArray(none)}::bigint[] as none, ${plainArray(numbers)}::bigint[]::text as numbers,
        ${plainArray(words)}::text[] as words`.execute(ledger.db);
    expect(rows).toEqual([
      { none, numbers: "{0,-1,4503599627370496,NULL}", words: ["stored", null, "failed"] },
    ]);
  });

  test("carry bytes as hexadecimal digits", async () => {
    const digits = ["00ff5c22", "", null, "7b2c7d"];
    const { rows } = await sql`
      select encode(b, 'hex') as digits from unnest(${bytesArray(digits)}::bytea[]) as b`.execute(
      ledger.db,
    );
    expect(rows).toEqual(digits.map((one) => ({ digits: one })));
  });
});
