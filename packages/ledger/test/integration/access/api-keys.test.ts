import { createHash, randomUUID } from "node:crypto";
import { everything, type Principal, type Scope } from "@exhibit/contracts";
import { ledgerKinds, liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ApiKey,
  createApiKey,
  createImport,
  createLoginCode,
  createSession,
  findApiKey,
  findSession,
  type Ledger,
  listAllAuditEvents,
  listApiKeys,
  listKeyAuditEvents,
  revokeApiKey,
  rotateApiKey,
  takeLoginCode,
  touchApiKey,
} from "../../../src/index.ts";
import { folderOf } from "../../imports.ts";

const now = new Date("2026-11-30T12:00:00Z");
const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const wang = { who: "王芳", why: "for the\0 scanner" };
const scope = {
  entrust_ids: ["E-77", "\ufeffE-78"],
  vendors: "all" as const,
  roots: ["/evidence/a'b"],
};

const digest = (text: string = randomUUID()) => createHash("sha256").update(text).digest();

describe.each(Object.entries(ledgerKinds))("API keys in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  function newKey(changes: Partial<ApiKey> = {}): ApiKey {
    const id = randomUUID().slice(0, 8);
    return {
      id,
      name: `clerk ${id}`,
      role: "producer",
      scope,
      mayNameOthers: true,
      digest: digest(),
      expiresAt: later(24),
      ...changes,
    };
  }

  async function add(changes: Partial<ApiKey> = {}): Promise<ApiKey> {
    const key = newKey(changes);
    await createApiKey(ledger, key, wang);
    return key;
  }

  /** The audit events of a key, as who, what and details. */
  async function eventsOf(id: string) {
    return (await listKeyAuditEvents(ledger, id, { limit: 1000 })).items;
  }

  test("are found with all that they were made with", async () => {
    const key = await add();
    const principal: Principal = {
      name: `key:${key.name}`,
      role: "producer",
      scope,
      mayNameOthers: true,
    };
    const found = await findApiKey(ledger, key.id);
    expect(found).toEqual({
      id: key.id,
      principal,
      digest: found?.digest,
      previous: null,
      expiresAt: key.expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    });
    expect(Buffer.from(found?.digest ?? [])).toEqual(key.digest);
    expect(await findApiKey(ledger, "nobody00")).toBeUndefined();
    expect(await findApiKey(ledger, "'; drop table api_keys; --")).toBeUndefined();
  });

  test("are listed in pages, the oldest first, and shown with who made them", async () => {
    const keys = [await add(), await add(), await add()];
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await listApiKeys(ledger, { limit: 2, after });
      expect(page.items.length).toBeLessThanOrEqual(2);
      ids.push(...page.items.map(({ key_id }) => key_id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(ids.slice(-3)).toEqual(keys.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    const { items } = await listApiKeys(ledger, { limit: 1000 });
    expect(items.at(-1)).toEqual({
      key_id: keys[2]?.id,
      name: keys[2]?.name,
      role: "producer",
      scope,
      may_name_others: true,
      created_at: expect.any(String),
      created_by: "王芳",
      expires_at: later(24).toISOString(),
      previous_until: null,
      revoked_at: null,
      revoked_by: null,
      last_used_at: null,
    });
    await expect(listApiKeys(ledger, { limit: 1, after: "x" })).rejects.toMatchObject({
      code: "REQUEST_INVALID",
    });
  });

  test("are listed as far as a scope reaches, in full pages with cursors that lead on", async () => {
    const mine = { entrust_ids: ["E-77", "E-78"], vendors: ["kongur"], roots: ["/a/b", "/c/"] };
    const within: Scope[] = [
      mine,
      { ...mine, entrust_ids: ["E-78"] },
      { ...mine, roots: ["/a/b/"] },
      { ...mine, roots: ["/a/b/deep", "/c"] },
    ];
    const beyond: Scope[] = [
      everything,
      { ...mine, entrust_ids: "all" },
      { ...mine, entrust_ids: ["all"] },
      { ...mine, entrust_ids: ["E-77", "E-79"] },
      { ...mine, vendors: "all" },
      { ...mine, vendors: ["kongur", "rex"] },
      { ...mine, roots: "all" },
      { ...mine, roots: ["/a/bc"] },
      { ...mine, roots: ["/a"] },
      { ...mine, roots: ["/a/b", "/d"] },
    ];
    const ids = [];
    for (const [at, each] of beyond.entries()) {
      await add({ scope: each });
      const one = within[at];
      if (one !== undefined) ids.push((await add({ scope: one })).id);
    }
    const listed = async (limit: number, of: Scope) => {
      const pages: string[][] = [];
      let after: string | undefined;
      do {
        const { items, next } = await listApiKeys(ledger, { limit, after }, of);
        pages.push(items.map(({ key_id }) => key_id));
        after = next ?? undefined;
      } while (after !== undefined);
      return pages;
    };
    const pages = await listed(3, mine);
    expect(pages.map(({ length }) => length)).toEqual([3, 1]);
    expect(pages.flat()).toEqual(ids);
    // What one may see who has all, or all of the disk.
    expect((await listed(1000, { ...mine, roots: ["/"] })).flat()).toHaveLength(ids.length + 3);
    const all = (await listed(1000, everything)).flat();
    expect(all.length).toBeGreaterThanOrEqual(ids.length + beyond.length);
    // "all" is a limit, and no list has it as a member.
    expect(await listed(9, { ...mine, entrust_ids: ["all"] })).toEqual([
      [expect.not.stringMatching(`^(${ids.join("|")})$`)],
    ]);
  });

  test("have a name that no other has, until they are revoked", async () => {
    const first = await add();
    const second = newKey({ name: first.name });
    await expect(createApiKey(ledger, second, wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: expect.stringContaining(first.name),
    });
    expect(await findApiKey(ledger, second.id)).toBeUndefined();
    expect(await eventsOf(second.id)).toEqual([]);
    await revokeApiKey(ledger, first.id, wang);
    await createApiKey(ledger, second, wang);
  });

  test("get a new secret, and keep the old one for a while", async () => {
    const key = await add();
    const [second, third] = [digest(), digest()];
    const view = await rotateApiKey(
      ledger,
      key.id,
      { digest: second, expiresAt: later(100), previousUntil: later(3) },
      wang,
    );
    expect(view).toMatchObject({
      key_id: key.id,
      expires_at: later(100).toISOString(),
      previous_until: later(3).toISOString(),
    });
    const found = await findApiKey(ledger, key.id);
    expect(Buffer.from(found?.digest ?? [])).toEqual(second);
    expect(Buffer.from(found?.previous?.digest ?? [])).toEqual(key.digest);
    expect(found?.previous?.until).toEqual(later(3));
    // Of the secrets before it, only the last one is taken.
    await rotateApiKey(
      ledger,
      key.id,
      { digest: third, expiresAt: later(200), previousUntil: later(4) },
      wang,
    );
    const again = await findApiKey(ledger, key.id);
    expect(Buffer.from(again?.previous?.digest ?? [])).toEqual(second);
  });

  test("don't live longer by the secret that was replaced", async () => {
    const key = await add({ expiresAt: later(1) });
    const rotation = { digest: digest(), expiresAt: later(100), previousUntil: later(24) };
    await rotateApiKey(ledger, key.id, rotation, wang);
    expect((await findApiKey(ledger, key.id))?.previous?.until).toEqual(later(1));
  });

  test("are revoked once, and stay on the list", async () => {
    const key = await add();
    expect(await revokeApiKey(ledger, key.id, wang)).toMatchObject({
      revoked_at: expect.any(String),
      revoked_by: "王芳",
    });
    expect((await findApiKey(ledger, key.id))?.revokedAt).toBeInstanceOf(Date);
    const rotation = { digest: digest(), expiresAt: later(9), previousUntil: later(1) };
    for (const act of [
      () => revokeApiKey(ledger, key.id, wang),
      () => rotateApiKey(ledger, key.id, rotation, wang),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: "STATE_CONFLICT" });
    }
    const { items } = await listApiKeys(ledger, { limit: 1000 });
    expect(items.map(({ key_id }) => key_id)).toContain(key.id);
  });

  test("that don't exist can't be acted on", async () => {
    const rotation = { digest: digest(), expiresAt: later(9), previousUntil: later(1) };
    for (const act of [
      () => revokeApiKey(ledger, "nobody00", wang),
      () => rotateApiKey(ledger, "nobody00", rotation, wang),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test("remember when they were used last, whoever tells it first", async () => {
    const key = await add();
    await touchApiKey(ledger, key.id, later(2));
    await touchApiKey(ledger, key.id, later(1));
    expect((await findApiKey(ledger, key.id))?.lastUsedAt).toEqual(later(2));
  });

  test("are in the audit log with what was done to them, and without any digest", async () => {
    const key = await add();
    const rotated = digest();
    await rotateApiKey(
      ledger,
      key.id,
      { digest: rotated, expiresAt: later(50), previousUntil: later(1) },
      { who: "key:admin" },
    );
    await revokeApiKey(ledger, key.id, { who: "key:admin", why: "it was in a log" });
    const events = await eventsOf(key.id);
    expect(events).toHaveLength(3);
    expect(await eventsOf("")).toEqual([]);
    const made = { name: key.name, role: "producer", scope, may_name_others: true };
    expect(events).toMatchObject([
      {
        import_id: null,
        vendor: null,
        what: "create",
        who: "王芳",
        why: "for the scanner",
        details: { ...made, expires_at: later(24).toISOString() },
      },
      {
        what: "rotate",
        who: "key:admin",
        why: null,
        details: { expires_at: later(50).toISOString() },
      },
      { what: "revoke", who: "key:admin", why: "it was in a log", details: { name: key.name } },
    ]);
    for (const each of [key.digest, rotated]) {
      for (const form of ["hex", "base64"] as const) {
        expect(JSON.stringify(events)).not.toContain(each.toString(form));
      }
    }
  });

  test("are in one audit log with everything else, in the order in which it was done", async () => {
    const key = await add();
    const request = { suit_ids: [], folders: [folderOf("/evidence")] };
    const { importId } = await createImport(ledger, request);
    const { items } = await listAllAuditEvents(ledger, { limit: 2, order: "desc" });
    expect(items).toMatchObject([
      { subject: null, import_id: importId, vendor: null },
      { subject: `keys/${key.id}`, import_id: null, vendor: null },
    ]);
  });

  test("an act is on one thing, and of any kind", async () => {
    const act = (columns: string, values: string) =>
      sql
        .raw(`insert into acts (who, what, ${columns}) values ('x', 'create', ${values})`)
        .execute(ledger.db);
    await expect(act("vendor, subject", "'kongur', 'keys/x'")).rejects.toThrow();
    await act("subject", "'queues/store'");
    await act("details", "'{}'");
    await liftGuard(ledger, "acts");
    await sql`delete from acts where who = 'x'`.execute(ledger.db);
  });

  test.each([
    ["revoked", (id: string) => revokeApiKey(ledger, id, wang)],
    [
      "rotated",
      (id: string) =>
        rotateApiKey(
          ledger,
          id,
          { digest: digest(), expiresAt: later(9), previousUntil: later(1) },
          wang,
        ),
    ],
  ])(
    "that are %s end the sessions and links that were opened with them, and no others",
    async (_, act) => {
      const [key, other] = [await add(), await add()];
      const opened = await Promise.all(
        [key, other].map(async ({ id }) => {
          const [session, code] = [digest(), digest()];
          const principal = { name: "key:x", role: "viewer" as const, scope, mayNameOthers: false };
          const times = { now, expiresAt: later(8) };
          await createSession(ledger, {
            digest: session,
            principal,
            keyId: id,
            secure: true,
            by: "key",
            ...times,
          });
          await createLoginCode(ledger, { digest: code, keyId: id, ...times });
          return { session, code };
        }),
      );
      await act(key.id);
      const [gone, kept] = opened;
      if (!gone || !kept) throw new Error("both were opened");
      expect(await findSession(ledger, gone.session)).toBeUndefined();
      expect(await takeLoginCode(ledger, gone.code, now)).toBeUndefined();
      expect(await findSession(ledger, kept.session)).toBeDefined();
      expect(await takeLoginCode(ledger, kept.code, now)).toBe(other.id);
    },
  );

  test("are limited to nothing where nothing is said", async () => {
    const key = await add({ scope: everything });
    expect((await findApiKey(ledger, key.id))?.principal.scope).toEqual(everything);
  });
});
