import { randomBytes } from "node:crypto";
import { everything } from "@exhibit/contracts";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createApiKey,
  createLoginCode,
  createSession,
  endSession,
  findSession,
  type Ledger,
  takeLoginCode,
  touchSession,
} from "../../../src/index.ts";

const now = new Date("2026-11-30T12:00:00Z");
const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const principal = {
  name: "oidc:王芳@idp",
  role: "ops" as const,
  scope: { ...everything, vendors: ["kongur"] },
  mayNameOthers: false,
};

describe.each(Object.entries(ledgerKinds))("Sessions in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  const keyId = "abcd1234";

  beforeAll(async () => {
    ({ ledger, remove } = await open());
    const key = { id: keyId, name: "clerk", role: "viewer" as const, scope: everything };
    const rest = { mayNameOthers: false, digest: randomBytes(32), expiresAt: later(24) };
    await createApiKey(ledger, { ...key, ...rest }, { who: "x" });
  });
  afterAll(() => remove());

  async function begin(changes: { keyId?: string | null; expiresAt?: Date; now?: Date } = {}) {
    const digest = randomBytes(32);
    const times = { now, expiresAt: later(8) };
    await createSession(ledger, {
      digest,
      principal,
      keyId: null,
      secure: false,
      by: "key",
      ...times,
      ...changes,
    });
    return digest;
  }

  async function count(table: "sessions" | "login_codes"): Promise<number> {
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from ${sql.table(table)}`.execute(ledger.db);
    return rows[0]?.n ?? 0;
  }

  test("are found by their digest, with whose they are", async () => {
    const digest = await begin();
    const found = { principal, secure: false, seenAt: now, expiresAt: later(8) };
    expect(await findSession(ledger, digest)).toEqual(found);
    expect(await findSession(ledger, await begin({ keyId }))).toEqual(found);
    expect(await findSession(ledger, randomBytes(32))).toBeUndefined();
  });

  test("remember when they were used last, whoever tells it first", async () => {
    const digest = await begin();
    await touchSession(ledger, digest, later(2));
    await touchSession(ledger, digest, later(1));
    expect((await findSession(ledger, digest))?.seenAt).toEqual(later(2));
  });

  test("end when somebody logs out", async () => {
    const [digest, other] = [await begin(), await begin()];
    expect(await endSession(ledger, digest)).toBe(principal.name);
    expect(await endSession(ledger, digest)).toBeUndefined();
    expect(await findSession(ledger, digest)).toBeUndefined();
    expect(await findSession(ledger, other)).toBeDefined();
  });

  test("that have ended don't pile up", async () => {
    await begin({ expiresAt: later(1) });
    const before = await count("sessions");
    await begin({ now: later(2), expiresAt: later(9) });
    expect(await count("sessions")).toBeLessThanOrEqual(before);
  });

  test("are begun by a code that works once, even for several at once", async () => {
    const digest = randomBytes(32);
    await createLoginCode(ledger, { digest, keyId, now, expiresAt: later(1) });
    const taken = await Promise.all([0, 1, 2].map(() => takeLoginCode(ledger, digest, now)));
    expect(taken.filter((id) => id !== undefined)).toEqual([keyId]);
    expect(await takeLoginCode(ledger, randomBytes(32), now)).toBeUndefined();
  });

  test("aren't begun by a code that is too old, and such codes don't pile up", async () => {
    const digest = randomBytes(32);
    await createLoginCode(ledger, { digest, keyId, now, expiresAt: later(1) });
    expect(await takeLoginCode(ledger, digest, later(1))).toBeUndefined();
    await createLoginCode(ledger, { digest, keyId, now, expiresAt: later(1) });
    const fresh = { digest: randomBytes(32), keyId, now: later(2), expiresAt: later(3) };
    await createLoginCode(ledger, fresh);
    expect(await count("login_codes")).toBe(1);
  });
});
