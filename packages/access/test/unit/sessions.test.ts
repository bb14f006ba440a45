import { describe, expect, test } from "vitest";
import {
  endedSessionCookie,
  loginCodeEnd,
  readSessionCookie,
  sessionCookie,
  sessionEnd,
} from "../../src/index.ts";

const now = Date.parse("2026-11-30T12:00:00Z");
const hour = 3_600_000;

describe("A session", () => {
  test("ends after a day at the latest, where its cookie isn't bound to HTTPS after 8 hours", () => {
    expect(sessionEnd(now, { secure: true })).toEqual(new Date(now + 24 * hour));
    expect(sessionEnd(now, { secure: false })).toEqual(new Date(now + 8 * hour));
  });

  test("ends with the key that it was opened with", () => {
    const keyExpiresAt = new Date(now + hour);
    expect(sessionEnd(now, { secure: true, keyExpiresAt })).toEqual(keyExpiresAt);
    const later = new Date(now + 90 * 24 * hour);
    expect(sessionEnd(now, { secure: true, keyExpiresAt: later })).toEqual(
      new Date(now + 24 * hour),
    );
  });

  test("is begun by a code that lives ten minutes", () => {
    expect(loginCodeEnd(now)).toEqual(new Date(now + 10 * 60_000));
  });
});

describe("A session's cookie", () => {
  const expiresAt = new Date(now + hour);

  test("is bound to this host and to HTTPS", () => {
    expect(sessionCookie("TOKEN", { secure: true, expiresAt, now })).toBe(
      "__Host-exhibit=TOKEN; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure",
    );
  });

  test("has another name where there is no HTTPS: browsers refuse the prefix there", () => {
    expect(sessionCookie("TOKEN", { secure: false, expiresAt, now })).toBe(
      "exhibit=TOKEN; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax",
    );
  });

  test("is taken away by one of the same name and attributes", () => {
    expect(endedSessionCookie(true)).toBe(
      "__Host-exhibit=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure",
    );
    expect(endedSessionCookie(false)).toBe("exhibit=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
  });

  test.each([
    ["alone", "exhibit=TOKEN", "TOKEN"],
    ["among others", "a=1; exhibit=TOKEN; b=2", "TOKEN"],
    ["without a space", "a=1;exhibit=TOKEN;b=2", "TOKEN"],
    ["missing", "a=1; exhibits=TOKEN; xexhibit=TOKEN; exhibit", undefined],
    ["the one for HTTPS", "__Host-exhibit=TOKEN", undefined],
    ["twice: nothing tells which is ours", "exhibit=TOKEN; exhibit=OTHER", undefined],
    ["empty", "", undefined],
  ])("is found %s", (_, header, token) => {
    expect(readSessionCookie(header, false)).toBe(token);
  });

  test("of plain HTTP isn't taken where browsers come by HTTPS", () => {
    expect(readSessionCookie("exhibit=PLANTED; __Host-exhibit=TOKEN", true)).toBe("TOKEN");
    expect(readSessionCookie("exhibit=PLANTED", true)).toBeUndefined();
  });
});
