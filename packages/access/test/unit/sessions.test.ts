import { describe, expect, test } from "vitest";
import { loginCodeEnd, sessionEnd } from "../../src/index.ts";

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
