import { json, keyOf, newKeyText } from "@exhibit/client/testing";
import type { KeyView } from "@exhibit/contracts";
import { describe, expect, test } from "vitest";
import { against, exhibit } from "../../support/run.ts";

const key = keyOf({
  scope: { entrust_ids: ["E-77", "E-78"], vendors: ["kongur"], roots: ["/evidence/77"] },
});
const made = { ...key, key: newKeyText };

describe("exhibit keys", () => {
  const everything = { entrust_ids: "all", vendors: "all", roots: "all" } as const;
  const admin: KeyView = {
    ...key,
    key_id: "Adm00000",
    name: "admin",
    role: "admin",
    scope: everything,
    may_name_others: true,
    last_used_at: "2026-11-30T09:59:00.000Z",
  };
  const revoked = { ...key, key_id: "Rev00000", revoked_at: key.created_at, revoked_by: "x" };
  const expired = { ...key, key_id: "Exp00000", expires_at: key.created_at };
  const items = [admin, key, revoked, expired];
  const listed = (args: readonly string[]) =>
    against((response) => json(response, { items, next: null }), ["keys", ...args]);

  const head = ["KEY", "NAME", "ROLE", "LIMITED TO", "STATE", "EXPIRES", "LAST USED"];
  const rowOf = (id: string, state: string, until: string) => [
    id,
    "clerk",
    "producer",
    "E-77, E-78; vendor kongur; below /evidence/77",
    state,
    until,
    "never",
  ];
  const adminRow = [
    "Adm00000",
    "admin",
    "admin, names others",
    "nothing",
    "works",
    "2100-02-21 10:00 UTC",
    "2026-11-30 09:59 UTC",
  ];

  test("lists the keys that work, and says that there are others", async () => {
    const { code, stdout, stderr } = await listed(["--utc"]);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([head, adminRow, rowOf("AbC12345", "works", "2100-02-21 10:00 UTC")]);
    expect(stderr).toContain("2 more keys");
  });

  test("lists all of them with --all, and as JSON", async () => {
    const { stdout, stderr } = await listed(["--utc", "--all"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      head,
      adminRow,
      rowOf("AbC12345", "works", "2100-02-21 10:00 UTC"),
      rowOf("Rev00000", "revoked", "2100-02-21 10:00 UTC"),
      rowOf("Exp00000", "expired", "2026-11-23 10:00 UTC"),
    ]);
    expect(stderr).toBe("");
    expect((await listed(["--json", "--all"])).last()).toEqual({ keys: items });
    expect((await listed(["--json"])).last()).toEqual({ keys: [admin, key] });
  });
});

describe("exhibit keys create", () => {
  const create = (args: readonly string[]) =>
    against((response) => json(response, made, 201), ["keys", "create", ...args]);

  test("prints the key alone, so that a script can take it, and says beside it what it is", async () => {
    const { code, stdout, stderr, asked } = await create([
      ...["clerk", "--role", "producer", "--entrust", "E-77", "--entrust", "E-78"],
      ...["--vendor", "kongur", "--root", "/evidence/77", "--expires", "30", "--why", "for Li"],
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${newKeyText}\n` });
    expect(stderr).toContain("AbC12345 for clerk: producer, limited to E-77, E-78; vendor kongur");
    expect(stderr).toContain("shown this once");
    expect(stderr).not.toContain(newKeyText);
    expect(asked).toMatchObject([
      {
        method: "POST",
        path: "/v1/keys",
        body: {
          name: "clerk",
          role: "producer",
          scope: { entrust_ids: ["E-77", "E-78"], vendors: ["kongur"], roots: ["/evidence/77"] },
          expires_in_days: 30,
          why: "for Li",
        },
      },
    ]);
  });

  test("leaves what isn't said to the API", async () => {
    const { asked } = await create(["clerk", "--role", "viewer", "--may-name-others"]);
    expect(asked.map(({ body }) => body)).toEqual([
      { name: "clerk", role: "viewer", scope: {}, may_name_others: true },
    ]);
  });

  test("has the key once in its JSON, and nowhere else", async () => {
    const { stdout, stderr, last } = await create(["clerk", "--role", "viewer", "--json"]);
    expect(last()).toEqual(made);
    expect(stdout.split(newKeyText)).toHaveLength(2);
    expect(stderr).not.toContain(newKeyText);
  });

  test.each([
    [["clerk"], "--role"],
    [["clerk", "--role", "root"], "viewer, producer, ops, admin"],
    [["--role", "viewer"], "NAME"],
    [["clerk", "--role", "viewer", "--expires", "1.5"], "a number from 1 on"],
    [["clerk", "--role", "viewer", "--expires", "0"], "a number from 1 on"],
  ])("%j is bad use", async (args, said) => {
    const { code, stderr } = await exhibit(["keys", "create", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });
});

describe("exhibit keys rotate", () => {
  test("prints the new key alone, and says how long the old one works", async () => {
    const rotated = { ...made, previous_until: "2026-12-01T10:00:00.000Z" };
    const { code, stdout, stderr, asked } = await against(
      (response) => json(response, rotated),
      ["keys", "rotate", "AbC12345", "--old-valid", "0", "--expires", "7", "--utc"],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${newKeyText}\n` });
    expect(stderr).toContain("The secret before it works until 2026-12-01 10:00 UTC.");
    expect(asked).toMatchObject([
      { path: "/v1/keys/AbC12345/rotate", body: { old_valid_hours: 0, expires_in_days: 7 } },
    ]);
  });
});

describe("exhibit keys revoke", () => {
  test("says what is revoked", async () => {
    const { code, stdout, asked } = await against(
      (response) => json(response, { ...key, revoked_at: key.created_at, revoked_by: "x" }),
      ["keys", "revoke", "AbC12345", "--why", "it was in a log"],
    );
    expect(code).toBe(0);
    expect(stdout).toContain("AbC12345 (clerk) is revoked");
    expect(asked).toMatchObject([
      { method: "DELETE", path: "/v1/keys/AbC12345", body: { why: "it was in a log" } },
    ]);
  });
});
