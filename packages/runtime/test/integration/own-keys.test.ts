import { parseApiKey } from "@exhibit/access";
import { localPrincipal } from "@exhibit/contracts";
import { type Access, createAccess } from "@exhibit/ingest";
import { type Ledger, listApiKeys } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOwnKeys, type OwnKeys } from "../../src/own-keys.ts";

describe.each(Object.entries(ledgerKinds))("On %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  let ownKeys: OwnKeys;
  let access: Access;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
    ownKeys = createOwnKeys(ledger);
    access = createAccess(ledger);
  });
  afterAll(() => remove());

  const byKey = (key: string) => access.authenticate({ authorization: `Bearer ${key}` });
  const idOf = (key: string) => parseApiKey(key)?.id ?? "";

  test("an API's own key is made once, is an administrator's, and is in the audit log", async () => {
    expect(await ownKeys.isAny()).toBe(false);
    // Who has a token of a provider needs no key.
    expect(await createOwnKeys(ledger, { takesTokens: true }).isAny()).toBe(true);
    const key = await ownKeys.keep("local", undefined);
    expect(await ownKeys.isAny()).toBe(true);
    expect(await byKey(key)).toEqual({
      name: "key:local",
      role: "admin",
      scope: { entrust_ids: "all", vendors: "all", roots: "all" },
      mayNameOthers: true,
    });
    expect(await ownKeys.keep("local", key)).toBe(key);
    const acts = await ledger.db.selectFrom("acts").selectAll().execute();
    expect(acts).toMatchObject([{ who: "local", what: "create", subject: `keys/${idOf(key)}` }]);
    expect(JSON.stringify(acts)).not.toContain(key.slice(12));
  });

  test("one that was lost, or will soon expire, is replaced under its name, and there is no second one", async () => {
    const lost = await ownKeys.keep("local", undefined);
    const next = await ownKeys.keep("local", undefined);
    expect(next).not.toBe(lost);
    expect(await byKey(next)).toMatchObject({ name: "key:local" });
    await sql`update api_keys set expires_at = now() + interval '29 days'`.execute(ledger.db);
    const renewed = await ownKeys.keep("local", next);
    expect(renewed).not.toBe(next);
    expect(await ownKeys.keep("local", renewed)).toBe(renewed);
    const { items } = await listApiKeys(ledger, { limit: 10 });
    expect(items.map(({ name }) => name)).toEqual(["local"]);
  });

  test("what is no key of this ledger is replaced, and one that is revoked by another", async () => {
    const key = await ownKeys.keep("other", "exh_nonsense");
    await access.keys.revoke(idOf(key), {}, { principal: localPrincipal });
    expect(await byKey(key)).toBeUndefined();
    const another = await ownKeys.keep("other", key);
    expect(idOf(another)).not.toBe(idOf(key));
    expect(await byKey(another)).toMatchObject({ name: "key:other" });
  });
});
