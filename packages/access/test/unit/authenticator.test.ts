import { everything, type KeyRecord, type Principal, type SessionRecord } from "@exhibit/contracts";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  type AuthenticatorOptions,
  createAuthenticator,
  makeApiKey,
  makeToken,
} from "../../src/index.ts";

const start = Date.parse("2026-11-30T12:00:00Z");
const minute = 60_000;
const hour = 60 * minute;

const clerk: Principal = {
  name: "key:clerk",
  role: "producer",
  scope: { ...everything, entrust_ids: ["E-77"] },
  mayNameOthers: false,
};

let now = start;
beforeEach(() => {
  now = start;
});

/** An authenticator over rows that a test can change. */
function rig(options: Partial<AuthenticatorOptions> = {}) {
  const keys = new Map<string, KeyRecord>();
  const sessions = new Map<string, SessionRecord>();
  const findKey = vi.fn(async (id: string) => keys.get(id));
  const findSession = vi.fn(async (digest: Buffer) => sessions.get(digest.toString("hex")));
  const touchKey = vi.fn(async (_id: string, _at: Date) => {});
  const touchSession = vi.fn(async (_digest: Buffer, _at: Date) => {});
  const authenticator = createAuthenticator({
    findKey,
    findSession,
    touchKey,
    touchSession,
    now: () => now,
    ...options,
  });
  return {
    ...authenticator,
    findKey,
    findSession,
    touchKey,
    touchSession,
    withKey: (text: string) => authenticator.authenticate({ authorization: `Bearer ${text}` }),
    addKey(changes: Partial<KeyRecord> = {}) {
      const { id, text, digest } = makeApiKey();
      keys.set(id, {
        id,
        principal: clerk,
        digest,
        previous: null,
        expiresAt: new Date(start + 90 * 24 * hour),
        revokedAt: null,
        lastUsedAt: null,
        ...changes,
      });
      return { id, text, digest };
    },
    change(id: string, changes: Partial<KeyRecord>) {
      keys.set(id, { ...(keys.get(id) as KeyRecord), ...changes });
    },
    addSession(changes: Partial<SessionRecord> = {}) {
      const { token, digest } = makeToken();
      sessions.set(digest.toString("hex"), {
        principal: clerk,
        secure: true,
        seenAt: new Date(start),
        expiresAt: new Date(start + 24 * hour),
        ...changes,
      });
      return { token, digest, end: () => sessions.clear() };
    },
  };
}

describe("An API key", () => {
  test("is its principal", async () => {
    const { addKey, withKey } = rig();
    expect(await withKey(addKey().text)).toEqual(clerk);
  });

  test.each([
    ["another scheme", (key: string) => `Basic ${key}`],
    ["no scheme", (key: string) => key],
    ["something behind it", (key: string) => `Bearer ${key} x`],
    ["two keys", (key: string) => `Bearer ${key}, Bearer ${key}`],
    ["nothing", () => ""],
    ["the scheme alone", () => "Bearer "],
    ["a wrong checksum", (key: string) => `Bearer ${key.slice(0, -6)}000000`],
    ["a key that was cut off", (key: string) => `Bearer ${key.slice(0, -1)}`],
    ["too many characters", (key: string) => `Bearer ${" ".repeat(8 * 1024)}${key}`],
    ["a token that nobody here verifies", () => "Bearer eyJ.eyJ.x"],
  ])("isn't looked up for %s", async (_, header) => {
    const { addKey, authenticate, findKey } = rig();
    const authorization = header(addKey().text);
    expect(await authenticate({ authorization })).toBeUndefined();
    expect(findKey).not.toHaveBeenCalled();
  });

  test("may be sent with its scheme in any case", async () => {
    const { addKey, authenticate } = rig();
    expect(await authenticate({ authorization: `bEARER  ${addKey().text}` })).toEqual(clerk);
  });

  test("that is unknown, or has another's secret, is refused", async () => {
    const { addKey, withKey, findKey } = rig();
    const { id } = addKey();
    expect(await withKey(makeApiKey().text)).toBeUndefined();
    expect(await withKey(makeApiKey(id).text)).toBeUndefined();
    expect(findKey).toHaveBeenCalledTimes(2);
  });

  test("that is revoked or expired is refused", async () => {
    const { addKey, withKey } = rig();
    expect(await withKey(addKey({ revokedAt: new Date(start) }).text)).toBeUndefined();
    expect(await withKey(addKey({ expiresAt: new Date(start) }).text)).toBeUndefined();
    const ends = addKey({ expiresAt: new Date(start + 1) });
    expect(await withKey(ends.text)).toEqual(clerk);
    now += 1;
    expect(await withKey(ends.text)).toBeUndefined();
  });

  test("is read once in 5 s, so that one that was revoked is refused after these", async () => {
    const { addKey, change, withKey, findKey } = rig();
    const { id, text } = addKey();
    await withKey(text);
    change(id, { revokedAt: new Date(start) });
    now += 4_999;
    expect(await withKey(text)).toEqual(clerk);
    expect(findKey).toHaveBeenCalledTimes(1);
    now += 1;
    expect(await withKey(text)).toBeUndefined();
    expect(findKey).toHaveBeenCalledTimes(2);
  });

  test("that was revoked is refused at once where that is known", async () => {
    const { addKey, change, withKey, forget } = rig();
    const { id, text } = addKey();
    await withKey(text);
    change(id, { revokedAt: new Date(start) });
    forget();
    expect(await withKey(text)).toBeUndefined();
  });

  test("is read once for all that ask at the same time", async () => {
    const { addKey, withKey, findKey } = rig();
    const { text } = addKey();
    expect(await Promise.all([withKey(text), withKey(text), withKey(text)])).toEqual([
      clerk,
      clerk,
      clerk,
    ]);
    expect(findKey).toHaveBeenCalledTimes(1);
  });

  test("isn't remembered from a read that began before it was forgotten", async () => {
    const asked = Promise.withResolvers<KeyRecord | undefined>();
    const findKey = vi.fn(() => asked.promise);
    const { addKey, withKey, forget } = rig({ findKey });
    const { id, text, digest } = addKey();
    const early = withKey(text);
    forget();
    const record = { id, principal: clerk, digest, previous: null, lastUsedAt: null };
    asked.resolve({ ...record, expiresAt: new Date(start + hour), revokedAt: null });
    await early;
    await withKey(text);
    expect(findKey).toHaveBeenCalledTimes(2);
  });

  test("works with its new secret at once, and with the old one as long as was said", async () => {
    const { addKey, change, withKey } = rig();
    const old = addKey();
    await withKey(old.text);
    const rotated = makeApiKey(old.id);
    change(old.id, {
      digest: rotated.digest,
      previous: { digest: old.digest, until: new Date(start + hour) },
    });
    expect(await withKey(rotated.text)).toEqual(clerk);
    now += hour - 1;
    expect(await withKey(old.text)).toEqual(clerk);
    now += 1;
    expect(await withKey(old.text)).toBeUndefined();
    expect(await withKey(rotated.text)).toEqual(clerk);
  });

  test("is told to be in use once a minute", async () => {
    const { addKey, withKey, touchKey } = rig();
    const { id, text } = addKey();
    await withKey(text);
    now += minute - 1;
    await withKey(text);
    expect(touchKey.mock.calls).toEqual([[id, new Date(start)]]);
    now += 1;
    await withKey(text);
    expect(touchKey).toHaveBeenCalledTimes(2);
  });

  test("isn't told to be in use if another process told so within the minute", async () => {
    const { addKey, withKey, touchKey } = rig();
    await withKey(addKey({ lastUsedAt: new Date(start - minute + 1) }).text);
    expect(touchKey).not.toHaveBeenCalled();
  });

  test("isn't told to be in use when it is refused", async () => {
    const { addKey, withKey, touchKey } = rig();
    await withKey(addKey({ revokedAt: new Date(start) }).text);
    await withKey(makeApiKey(addKey().id).text);
    expect(touchKey).not.toHaveBeenCalled();
  });

  test("works if its use can't be recorded", async () => {
    const { addKey, withKey } = rig({ touchKey: () => Promise.reject(new Error("away")) });
    expect(await withKey(addKey().text)).toEqual(clerk);
  });

  test("can't be checked while the ledger is away, and is asked for again later", async () => {
    const findKey = vi.fn().mockRejectedValueOnce(new Error("away"));
    const { addKey, withKey } = rig({ findKey });
    const { text } = addKey();
    await expect(withKey(text)).rejects.toThrow("away");
    expect(await withKey(text)).toBeUndefined();
    expect(findKey).toHaveBeenCalledTimes(2);
  });
});

describe("A session", () => {
  test("is its principal", async () => {
    const { addSession, authenticate } = rig();
    expect(await authenticate({ cookie: addSession().token })).toEqual(clerk);
  });

  test("may not make keys where its cookie is sent to other servers of the machine", async () => {
    const { addSession, authenticate } = rig();
    const { token } = addSession({ secure: false });
    expect(await authenticate({ cookie: token })).toEqual({ ...clerk, mayMakeKeys: false });
  });

  test("ends after 8 hours without a request, and at its end in any case", async () => {
    const { addSession, authenticate } = rig();
    const { token } = addSession();
    now += 8 * hour - 1;
    expect(await authenticate({ cookie: token })).toEqual(clerk);
    now += 1;
    expect(await authenticate({ cookie: token })).toBeUndefined();
    const used = addSession({ seenAt: new Date(start + 23 * hour) });
    now = start + 24 * hour - 1;
    expect(await authenticate({ cookie: used.token })).toEqual(clerk);
    now += 1;
    expect(await authenticate({ cookie: used.token })).toBeUndefined();
  });

  test("that was ended is refused once it is forgotten", async () => {
    const { addSession, authenticate, forget } = rig();
    const { token, end } = addSession();
    await authenticate({ cookie: token });
    end();
    expect(await authenticate({ cookie: token })).toEqual(clerk);
    forget();
    expect(await authenticate({ cookie: token })).toBeUndefined();
  });

  test("is told to be in use once a minute", async () => {
    const { addSession, authenticate, touchSession } = rig();
    const { token, digest } = addSession();
    await authenticate({ cookie: token });
    expect(touchSession).not.toHaveBeenCalled();
    now += minute;
    await authenticate({ cookie: token });
    await authenticate({ cookie: token });
    expect(touchSession.mock.calls).toEqual([[digest, new Date(start + minute)]]);
  });

  test("isn't looked up for what can't be a token", async () => {
    const { authenticate, findSession } = rig();
    expect(await authenticate({ cookie: "x" })).toBeUndefined();
    expect(await authenticate({})).toBeUndefined();
    expect(findSession).not.toHaveBeenCalled();
  });

  test("doesn't help a request whose key is refused", async () => {
    const { addSession, authenticate } = rig();
    const authorization = `Bearer ${makeApiKey().text}`;
    const cookie = addSession().token;
    expect(await authenticate({ authorization, cookie })).toBeUndefined();
  });
});

test("A bearer token that isn't a key is given to whoever verifies such, a broken key isn't", async () => {
  const verifyToken = vi.fn(async (token: string) => (token === "a.b.c" ? clerk : undefined));
  const { withKey } = rig({ verifyToken });
  expect(await withKey("a.b.c")).toEqual(clerk);
  expect(await withKey("a.b.d")).toBeUndefined();
  expect(await withKey("exh_x")).toBeUndefined();
  expect(verifyToken).toHaveBeenCalledTimes(2);
});

test("A token that was found valid is believed for five seconds, one that wasn't is looked at each time", async () => {
  const verifyToken = vi.fn(async (token: string) => (token === "a.b.c" ? clerk : undefined));
  const { withKey } = rig({ verifyToken });
  for (let turn = 0; turn < 3; turn += 1) expect(await withKey("a.b.c")).toEqual(clerk);
  expect(verifyToken).toHaveBeenCalledTimes(1);
  now += 5_000;
  verifyToken.mockResolvedValueOnce(undefined);
  expect(await withKey("a.b.c")).toBeUndefined();
  expect(await withKey("a.b.d")).toBeUndefined();
  expect(await withKey("a.b.d")).toBeUndefined();
  expect(verifyToken).toHaveBeenCalledTimes(4);
});
