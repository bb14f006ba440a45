import { parseToken } from "@exhibit/access";
import {
  type AccessView,
  everything,
  type KeyRequest,
  keyRequest,
  type Principal,
  type Scope,
} from "@exhibit/contracts";
import { findSession, type Ledger } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Access, createAccess } from "../../../src/index.ts";

const day = 24 * 3_600_000;
const hour = 3_600_000;
const root: Principal = { name: "local", role: "admin", scope: everything, mayNameOthers: true };

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

let names = 0;
const request = (changes: Partial<KeyRequest> = {}): KeyRequest =>
  keyRequest.parse({ name: `key ${names++}`, role: "viewer", ...changes });

/** What a process knows of who sends it requests; time passes as the test says. */
function rig() {
  let now = Date.now();
  const access = createAccess(ledger, { now: () => now });
  return {
    ...access,
    pass(milliseconds: number) {
      now += milliseconds;
    },
    now: () => now,
    make: (changes?: Partial<KeyRequest>, principal = root) =>
      access.keys.create(request(changes), { principal }),
    withKey: (key: string) => access.authenticate({ authorization: `Bearer ${key}` }),
  };
}

async function principalOf({ withKey }: ReturnType<typeof rig>, key: string): Promise<Principal> {
  const principal = await withKey(key);
  if (principal === undefined) throw new Error("the key isn't valid");
  return principal;
}

describe("A key", () => {
  test("works for what it was made for, as long as it was made for", async () => {
    const { make, withKey, pass, now } = rig();
    const scope = { ...everything, entrust_ids: ["E-77"] };
    const made = await make({ name: "clerk", role: "producer", scope, expires_in_days: 1 });
    expect(made).toMatchObject({ name: "clerk", role: "producer", scope, created_by: "local" });
    expect(made.key.slice(4, 12)).toBe(made.key_id);
    expect(made.expires_at).toBe(new Date(now() + day).toISOString());
    expect(await withKey(made.key)).toEqual({
      name: "key:clerk",
      role: "producer",
      scope,
      mayNameOthers: false,
    });
    pass(day);
    expect(await withKey(made.key)).toBeUndefined();
  });

  test("works 90 days unless somebody says otherwise, and 366 at most", async () => {
    const { make, now } = rig();
    expect((await make()).expires_at).toBe(new Date(now() + 90 * day).toISOString());
    for (const expires_in_days of [0, 367, 1.5, -1]) {
      expect(keyRequest.safeParse({ name: "x", role: "viewer", expires_in_days }).success).toBe(
        false,
      );
    }
    expect(keyRequest.safeParse({ name: "x", role: "viewer", expires_in_days: 366 }).success).toBe(
      true,
    );
  });

  test("is nowhere in the ledger but as a digest", async () => {
    const { make, keys } = rig();
    const made = await make();
    const rotated = await keys.rotate(
      made.key_id,
      { old_valid_hours: 1, expires_in_days: 9 },
      { principal: root },
    );
    const rows = [
      ...(await ledger.db.selectFrom("api_keys").selectAll().execute()),
      ...(await ledger.db.selectFrom("acts").selectAll().execute()),
    ];
    const ledgerText = rows
      .flatMap((row) => Object.values(row))
      .map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : JSON.stringify(value),
      )
      .join("\n");
    expect(ledgerText).toContain(made.key_id);
    for (const { key } of [made, rotated]) {
      expect(ledgerText).not.toContain(key);
      expect(ledgerText).not.toContain(key.slice(12, 55));
    }
  });

  test("that is revoked is refused at once here, and after 5 s in other processes", async () => {
    const [here, there] = [rig(), rig()];
    const made = await here.make();
    await here.withKey(made.key);
    await there.withKey(made.key);
    await here.keys.revoke(made.key_id, {}, { principal: root });
    expect(await here.withKey(made.key)).toBeUndefined();
    expect(await there.withKey(made.key)).toBeDefined();
    there.pass(5_000);
    expect(await there.withKey(made.key)).toBeUndefined();
  });

  test("that is rotated works by both secrets for a while, everywhere", async () => {
    const [here, there] = [rig(), rig()];
    const made = await here.make();
    await there.withKey(made.key);
    const rotated = await here.keys.rotate(
      made.key_id,
      { old_valid_hours: 2, expires_in_days: 30 },
      { principal: root },
    );
    expect(rotated).toMatchObject({ key_id: made.key_id, name: made.name });
    expect(rotated.key).not.toBe(made.key);
    for (const process of [here, there]) {
      expect(await process.withKey(rotated.key)).toBeDefined();
      expect(await process.withKey(made.key)).toBeDefined();
      process.pass(2 * hour);
      expect(await process.withKey(made.key)).toBeUndefined();
      expect(await process.withKey(rotated.key)).toBeDefined();
      process.pass(30 * day);
      expect(await process.withKey(rotated.key)).toBeUndefined();
    }
  });

  test("that may have leaked is rotated without any overlap", async () => {
    const access = rig();
    const made = await access.make();
    await access.withKey(made.key);
    const request = { old_valid_hours: 0, expires_in_days: 30 };
    await access.keys.rotate(made.key_id, request, { principal: root });
    expect(await access.withKey(made.key)).toBeUndefined();
  });

  test("remembers to the minute when it was used last", async () => {
    const access = rig();
    const made = await access.make();
    await access.withKey(made.key);
    await expect
      .poll(async () => {
        const { items } = await access.keys.list({ limit: 1000 }, { principal: root });
        return items.find(({ key_id }) => key_id === made.key_id)?.last_used_at;
      })
      .toBe(new Date(access.now()).toISOString());
  });
});

describe("Nobody makes a key that may more than they may themselves", () => {
  const scope: Scope = {
    entrust_ids: ["E-77", "E-78"],
    vendors: ["kongur"],
    roots: ["/evidence/77"],
  };
  const narrow: Principal = { name: "key:narrow", role: "admin", scope, mayNameOthers: false };
  const ops: Principal = { ...root, name: "key:ops", role: "ops" };

  test("what isn't said is as it is for its maker", async () => {
    const { make } = rig();
    expect((await make({}, narrow)).scope).toEqual(scope);
    expect((await make({ scope: { entrust_ids: ["E-78"] } }, narrow)).scope).toEqual({
      ...scope,
      entrust_ids: ["E-78"],
    });
    expect((await make({ scope: { roots: ["/evidence/77/a"] } }, narrow)).scope.roots).toEqual([
      "/evidence/77/a",
    ]);
  });

  test.each<[string, Principal, Partial<KeyRequest>]>([
    ["a higher role", ops, { role: "admin" }],
    ["another case", narrow, { scope: { entrust_ids: ["E-77", "E-79"] } }],
    ["all cases", narrow, { scope: { entrust_ids: "all" } }],
    ["another vendor", narrow, { scope: { vendors: ["rex"] } }],
    ["all vendors", narrow, { scope: { vendors: "all" } }],
    ["another folder", narrow, { scope: { roots: ["/evidence/78"] } }],
    ["a folder that only begins alike", narrow, { scope: { roots: ["/evidence/771"] } }],
    ["a folder above", narrow, { scope: { roots: ["/evidence"] } }],
    ["all folders", narrow, { scope: { roots: "all" } }],
    ["naming others", narrow, { may_name_others: true }],
    ["anything, from a session without HTTPS", { ...root, mayMakeKeys: false }, {}],
  ])("not for %s", async (_, maker, changes) => {
    const { make, keys } = rig();
    const before = await keys.list({ limit: 1000 }, { principal: root });
    await expect(make(changes, maker)).rejects.toMatchObject({ code: "AUTH_FORBIDDEN" });
    expect(await keys.list({ limit: 1000 }, { principal: root })).toEqual(before);
  });

  test.each(["evidence", "/evidence/77/../78", "/evidence/./77", "/evidence//77", "../77"])(
    "a folder is named by its whole path: not %s",
    async (path) => {
      const { make } = rig();
      for (const maker of [root, narrow]) {
        await expect(make({ scope: { roots: [path] } }, maker)).rejects.toMatchObject({
          code: "REQUEST_INVALID",
        });
      }
    },
  );

  test("a slash at the end of a folder makes no difference", async () => {
    const { make } = rig();
    const { scope } = await make({ scope: { roots: ["/evidence/77/"] } }, narrow);
    expect(scope.roots).toEqual(["/evidence/77/"]);
  });

  test("nor gets the secret of such a key by rotating it", async () => {
    const { make, keys } = rig();
    const request = { old_valid_hours: 1, expires_in_days: 30 };
    const rotate = async (changes: Partial<KeyRequest>, principal: Principal) =>
      keys.rotate((await make(changes)).key_id, request, { principal });
    await expect(rotate({ role: "admin" }, ops)).rejects.toMatchObject({ code: "AUTH_FORBIDDEN" });
    await expect(rotate({ scope }, { ...root, mayMakeKeys: false })).rejects.toMatchObject({
      code: "AUTH_FORBIDDEN",
    });
    await expect(rotate({ scope, may_name_others: true }, narrow)).rejects.toMatchObject({
      code: "AUTH_FORBIDDEN",
    });
    await expect(rotate({}, narrow)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await rotate({ scope }, narrow)).toMatchObject({ scope });
  });

  test("nor knows of one: it is the same as one that doesn't exist", async () => {
    const { make, keys } = rig();
    const theirs = await make({ scope: { ...scope, entrust_ids: ["E-79"] } });
    const ours = await make({ scope });
    const said = async (id: string) => {
      const thrown = await keys.revoke(id, {}, { principal: narrow }).catch((error) => error);
      return String(thrown).replace(id, "ID");
    };
    expect(await said(theirs.key_id)).toBe(await said("nobody00"));
    for (const id of [theirs.key_id, "nobody00"]) {
      const reading = keys.audit(id, { limit: 9 }, { principal: narrow });
      await expect(reading).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    const { items } = await keys.audit(ours.key_id, { limit: 9 }, { principal: narrow });
    expect(items).toMatchObject([{ what: "create", who: "local", subject: `keys/${ours.key_id}` }]);
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = await keys.list({ limit: 2, after }, { principal: narrow });
      listed.push(...page.items.map(({ key_id }) => key_id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(listed).toContain(ours.key_id);
    expect(listed).not.toContain(theirs.key_id);
    await keys.revoke(ours.key_id, {}, { principal: narrow });
  });
});

describe("The sessions that are open", () => {
  const person = (name: string, more: Partial<Principal> = {}): Principal => ({
    name: `oidc:${name}@id.example`,
    role: "producer",
    scope: everything,
    mayNameOthers: false,
    ...more,
  });
  const open = ({ sessions }: ReturnType<typeof rig>, principal: Principal) =>
    sessions.open(principal, { isSecure: true }).then(({ token }) => token);
  const listed = async ({ sessions }: ReturnType<typeof rig>, principal: Principal) => {
    const { items } = await sessions.list({ limit: 1000 }, { principal });
    return items.map(({ name }) => name);
  };

  test("are listed for their owner, and all of a scope for an administrator", async () => {
    const access = rig();
    const narrow = { ...everything, entrust_ids: ["E-1"] };
    const [own, other] = [person("own", { scope: narrow }), person("other")];
    await open(access, own);
    await open(access, own);
    await open(access, other);
    expect(await listed(access, own)).toEqual([own.name, own.name]);
    expect(await listed(access, other)).toEqual([other.name]);
    expect(await listed(access, root)).toEqual(
      expect.arrayContaining([own.name, own.name, other.name]),
    );
    const admin = person("admin", { role: "admin", scope: narrow });
    expect(await listed(access, admin)).toEqual([own.name, own.name]);
    const first = await access.sessions.list({ limit: 1 }, { principal: own });
    const after = first.next ?? undefined;
    const second = await access.sessions.list({ limit: 1, after }, { principal: own });
    expect([first.items.length, second.items.length, second.next]).toEqual([1, 1, null]);
    expect(second.items[0]?.session_id).not.toBe(first.items[0]?.session_id);
    expect(first.items[0]).toMatchObject({ role: "producer", scope: narrow, key_id: null });
  });

  test("are those alone that haven't ended", async () => {
    const access = rig();
    const idle = person("idle");
    await open(access, idle);
    access.pass(8 * hour - 1);
    expect(await listed(access, idle)).toEqual([idle.name]);
    access.pass(1);
    expect(await listed(access, idle)).toEqual([]);
  });

  test("end when somebody ends them who may see them, on record, in other processes after 5 s", async () => {
    const [here, there] = [rig(), rig()];
    const [own, other] = [person("leaver"), person("stranger")];
    const token = await open(here, own);
    const { items } = await here.sessions.list({ limit: 1 }, { principal: own });
    const id = items[0]?.session_id ?? "";
    expect(await there.authenticate({ cookie: token })).toEqual(own);
    const said = async (sessionId: string) => {
      const by = { principal: other };
      const error = await here.sessions.revoke(sessionId, {}, by).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "NOT_FOUND" });
      return String(error).replace(sessionId, "ID");
    };
    expect(await said(id)).toBe(await said("999999"));
    await said("not a number");
    expect(await here.authenticate({ cookie: token })).toEqual(own);

    const by = { principal: root, who: "key:admin" };
    expect(await here.sessions.revoke(id, { why: "left" }, by)).toMatchObject({ name: own.name });
    expect(await here.authenticate({ cookie: token })).toBeUndefined();
    there.pass(5_000);
    expect(await there.authenticate({ cookie: token })).toBeUndefined();
    await expect(here.sessions.revoke(id, {}, by)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const acts = await ledger.db
      .selectFrom("acts")
      .select(["who", "what", "why", "details"])
      .where("subject", "=", `sessions/${id}`)
      .orderBy("id")
      .execute();
    expect(acts).toEqual([
      { who: own.name, what: "login", why: null, details: { by: "provider" } },
      { who: "key:admin", what: "revoke", why: "left", details: { name: own.name } },
    ]);
  });
});

/** Logs in with a key, and returns what the browser holds. */
async function logIn({ sessions }: Pick<Access, "sessions">, key: string, isSecure = true) {
  const session = await sessions.start({ key }, { isSecure });
  if (session === undefined) throw new Error("the key isn't valid");
  return session.token;
}

describe("A session", () => {
  test("is opened with a key, and ends when somebody logs out", async () => {
    const access = rig();
    const { key } = await access.make();
    const principal = await principalOf(access, key);
    const token = await logIn(access, key);
    expect(await access.authenticate({ cookie: token })).toEqual(principal);
    await access.sessions.end(token);
    expect(await access.authenticate({ cookie: token })).toBeUndefined();
    await access.sessions.end("not a token");
  });

  test("is on record from its login to its logout, with the address, and nothing that opens it", async () => {
    const access = rig();
    const { key, key_id, name } = await access.make();
    const code = (await access.sessions.makeCode(key)) as string;
    const place = { isSecure: true, from: "192.0.2.7" };
    const opened = [
      await access.sessions.start({ key }, place),
      await access.sessions.start({ code }, place),
    ];
    for (const session of opened) {
      const token = session?.token ?? "";
      expect(await access.sessions.end(token, "192.0.2.8")).toBe(`key:${name}`);
      expect(await access.sessions.end(token, "192.0.2.8")).toBeUndefined();
    }
    const acts = await ledger.db
      .selectFrom("acts")
      .select(["subject", "what", "details"])
      .where("who", "=", `key:${name}`)
      .orderBy("id")
      .execute();
    const logins = ["key", "link"].map((by) => ({ by, key_id, from: "192.0.2.7" }));
    expect(acts.map(({ what, details }) => [what, details])).toEqual([
      ...logins.map((details) => ["login", details]),
      ...logins.map(() => ["logout", { from: "192.0.2.8" }]),
    ]);
    expect(acts.slice(0, 2).map(({ subject }) => subject)).toEqual(
      acts.slice(2).map(({ subject }) => subject),
    );
    const said = JSON.stringify(acts);
    for (const secret of [key, code, ...opened.map((one) => one?.token ?? "")]) {
      expect(said).not.toContain(secret);
    }
  });

  test("is another one at each login", async () => {
    const { make, sessions } = rig();
    const { key } = await make();
    const opened = [0, 1].map(() => sessions.start({ key }, { isSecure: true }));
    expect(new Set((await Promise.all(opened)).map((one) => one?.token)).size).toBe(2);
  });

  test("without HTTPS can't make keys, and ends after 8 hours", async () => {
    const access = rig();
    const { key } = await access.make({ role: "admin" });
    const token = await logIn(access, key, false);
    const principal = await access.authenticate({ cookie: token });
    expect(principal).toMatchObject({ role: "admin", mayMakeKeys: false });
    for (let hours = 0; hours < 8; hours++) {
      expect(await access.authenticate({ cookie: token })).toBeDefined();
      access.pass(hour);
    }
    expect(await access.authenticate({ cookie: token })).toBeUndefined();
  });

  test("lives a day as long as it is used, and 8 hours if it isn't", async () => {
    const access = rig();
    const { key } = await access.make();
    const start = async () => await logIn(access, key);
    const [used, idle] = [await start(), await start()];
    const seen = async () =>
      (await findSession(ledger, parseToken(used) as Buffer))?.seenAt.getTime();
    for (let hours = 0; hours < 24; hours += 4) {
      expect(await access.authenticate({ cookie: used }), `after ${hours} hours`).toBeDefined();
      // It is recorded behind the request.
      await expect.poll(seen).toBe(access.now());
      access.pass(4 * hour);
    }
    expect(await access.authenticate({ cookie: used })).toBeUndefined();
    expect(await access.authenticate({ cookie: idle })).toBeUndefined();
  });

  test("ends with its key, in other processes after 5 s", async () => {
    const [here, there] = [rig(), rig()];
    const { key, key_id } = await here.make();
    const token = await logIn(here, key);
    expect(await there.authenticate({ cookie: token })).toBeDefined();
    await here.keys.revoke(key_id, {}, { principal: root });
    expect(await here.authenticate({ cookie: token })).toBeUndefined();
    there.pass(5_000);
    expect(await there.authenticate({ cookie: token })).toBeUndefined();
  });

  test("doesn't live longer than the secret that opened it", async () => {
    const access = rig();
    const { key, key_id } = await access.make();
    const request = { old_valid_hours: 2, expires_in_days: 30 };
    await access.keys.rotate(key_id, request, { principal: root });
    const token = await logIn(access, key);
    expect(await access.authenticate({ cookie: token })).toBeDefined();
    access.pass(2 * hour);
    expect(await access.authenticate({ cookie: token })).toBeUndefined();
  });

  test("isn't opened with what isn't valid", async () => {
    const { make, keys, sessions, pass } = rig();
    const [revoked, expired] = [await make(), await make({ expires_in_days: 1 })];
    const code = (await sessions.makeCode(expired.key)) as string;
    await keys.revoke(revoked.key_id, {}, { principal: root });
    pass(day);
    for (const proof of [
      { key: revoked.key },
      { key: expired.key },
      { key: `${expired.key}0` },
      { key: "" },
      { code },
      { code: "" },
      { code: expired.key },
    ]) {
      expect(await sessions.start(proof, { isSecure: true })).toBeUndefined();
    }
    expect(await sessions.makeCode(revoked.key)).toBeUndefined();
  });

  test("is opened by the code of a link, once and within ten minutes", async () => {
    const access = rig();
    const { key, key_id } = await access.make();
    const makeCode = async () => (await access.sessions.makeCode(key)) as string;
    const begin = (code: string) => access.sessions.start({ code }, { isSecure: true });
    const code = await makeCode();
    const token = (await begin(code))?.token;
    expect(await access.authenticate({ cookie: token })).toEqual(await access.withKey(key));
    expect(await begin(code)).toBeUndefined();
    const late = await makeCode();
    access.pass(10 * 60_000);
    expect(await begin(late)).toBeUndefined();
    const gone = await makeCode();
    await access.keys.revoke(key_id, {}, { principal: root });
    expect(await begin(gone)).toBeUndefined();
  });
});

describe("Who has access", () => {
  const wide = { ...everything, entrust_ids: ["E-ACCESS"] };
  const boss: Principal = { ...root, name: "key:boss", scope: wide };
  const scope = { entrust_ids: ["E-ACCESS"] };

  /** Everybody within the scope of these tests, page by page. */
  async function all({ accessList }: Pick<Access, "accessList">, limit = 2) {
    const found: AccessView[] = [];
    let after: string | undefined;
    do {
      const page = await accessList.list({ limit, after }, { principal: boss });
      found.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return found;
  }

  test("is every key, whatever its state, and everybody whom the provider vouched for", async () => {
    let now = Date.now();
    const token = "a.token";
    const program: Principal = {
      ...{ name: "oidc:program@idp", role: "producer", scope: wide, mayNameOthers: false },
    };
    const person: Principal = { ...program, name: "oidc:wang@idp", role: "ops" };
    const verifyToken = async (given: string) => (given === token ? program : undefined);
    const access = createAccess(ledger, { now: () => now, verifyToken });
    const make = (name: string, days: number) =>
      access.keys.create(request({ name, scope, expires_in_days: days }), { principal: root });
    const began = new Date(now).toISOString();
    const [works, , revoked] = [
      await make("access works", 90),
      await make("access expired", 1),
      await make("access revoked", 90),
    ];
    await make("access elsewhere", 90).then(({ key_id }) =>
      ledger.db
        .updateTable("api_keys")
        .set({ scope: JSON.stringify({ ...everything, entrust_ids: ["E-OTHER"] }) })
        .where("id", "=", key_id)
        .execute(),
    );
    await access.keys.revoke(revoked.key_id, {}, { principal: root });
    now += day;
    const later = new Date(now).toISOString();
    for (const key of [works.key, works.key])
      await access.sessions.start({ key }, { isSecure: true });
    await access.sessions.open(person, { isSecure: true });
    // Twice within a minute: it is recorded once, behind the request.
    for (let n = 0; n < 2; n++) {
      expect(await access.authenticate({ authorization: `Bearer ${token}` })).toEqual(program);
    }
    await expect.poll(async () => (await all(access)).length).toBe(5);

    const tomorrow = new Date(now + day).toISOString();
    const key = { kind: "key", role: "viewer", scope: wide, may_name_others: false, sessions: 0 };
    const other = { ...key, kind: "person", key_id: null, state: "by_provider", since: later };
    expect(await all(access)).toEqual([
      {
        ...{ ...key, name: "key:access works", key_id: works.key_id, state: "works" },
        ...{ since: expect.any(String), seen_at: later, expires_at: works.expires_at, sessions: 2 },
      },
      expect.objectContaining({ name: "key:access expired", state: "expired", seen_at: null }),
      expect.objectContaining({ name: "key:access revoked", state: "revoked", sessions: 0 }),
      {
        ...{ ...other, name: person.name, role: "ops", seen_at: later, expires_at: tomorrow },
        sessions: 1,
      },
      { ...other, name: program.name, role: "producer", seen_at: later, expires_at: null },
    ]);
    expect(began < later).toBe(true);

    // As whom the provider vouches for them changes, and sessions end.
    now += 9 * hour;
    await access.sessions.open({ ...person, role: "viewer" }, { isSecure: true });
    const [, , , again] = await all(access, 100);
    expect(again).toMatchObject({ name: person.name, role: "viewer", sessions: 1 });
    expect((await all(access))[0]?.sessions).toBe(0);
  });

  test("is refused a cursor of another list", async () => {
    const { accessList } = rig();
    const asked = accessList.list({ limit: 1, after: "17" }, { principal: root });
    await expect(asked).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  });
});
