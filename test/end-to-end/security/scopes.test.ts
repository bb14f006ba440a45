import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import {
  type ActedFailures,
  type DeliveryView,
  everything,
  type FileView,
  type FolderView,
  type ImportView,
  type NewWebhook,
  type Scope,
  type SealView,
  type SessionView,
  type VerificationView,
} from "@exhibit/contracts";
import { liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { routes } from "../../../apps/api/src/routes.ts";
import { leaseKeysFor } from "../../support/lease-keys.ts";
import { anyEngine, directory, type System, startSystem, writeTree } from "../../support/system.ts";

// Two tenants, anna and bob, with a case and a folder of evidence each, and root, who has no scope.

type Who = "anna" | "bob" | "root";

const place = { endpoint: "https://e", bucket: "b", prefix: "p/" };
/** Bodies of the routes that need one. */
const bodies: Record<string, object> = {
  "PATCH /v1/imports/:id": { title: "Mine" },
  "PATCH /v1/webhooks/:id": { description: "Mine" },
  "POST /v1/imports/:id/waive": { why: "It is gone." },
  "POST /v1/vendors/:vendor/check": { folder: { suit_id: "1001" } },
  "POST /v1/imports/:id/folders/:folder_id/accept-destination": { ...place, why: "It moved." },
};

describe.each(anyEngine)("Two tenants of one deployment (%s)", (kind) => {
  let system: System;
  let of: Record<"anna" | "bob", ImportView>;
  let foldersOfBob: FolderView[];
  let verificationOfBob = "";
  let webhookOfBob = "";
  let deliveryOfBob = "";
  let sessionOfBob = "";
  let fileOfBob: FileView | undefined;
  let sealOfBob: SealView | undefined;
  const keys = new Map<string, string>();
  const at = (...parts: string[]) => join(system.root, ...parts);

  beforeAll(async () => {
    const worker = { quietMs: 500 };
    system = await startSystem(kind, { environment: leaseKeysFor(kind), stamps: true, worker });
    const scopes: Record<Who, Scope> = {
      anna: { entrust_ids: ["E-A"], vendors: ["kongur"], roots: [at("anna")] },
      bob: { entrust_ids: ["E-B"], vendors: ["kongur", "rex"], roots: [at("bob")] },
      root: everything,
    };
    for (const [who, scope] of Object.entries(scopes)) {
      keys.set(who, await system.makeKey(who, { role: "admin", scope }));
    }
    await writeTree(at("anna"), { "case/own.txt": "anna's", "shared.txt": "anna's, too" });
    await writeTree(at("bob"), { "case/secret.txt": "bob's", "empty/deep/x": "" });
    of = { anna: await sealed("anna", suit("E-A", at("anna/case"))), bob: await bobs() };
    const sealPath = `/v1/imports/${of.bob.import_id}/seal`;
    sealOfBob = await vi.waitFor(async () => {
      const { body } = await ask<SealView>("bob", "GET", sealPath);
      expect(body.state).toBe("stamped");
      return body;
    });
    // A day goes by, and the register has a journal, which is stamped, too.
    await liftGuard(system.ledger, "register");
    await sql`update register set at = at - interval '25 hours'`.execute(system.ledger.db);
    await vi.waitFor(
      async () => {
        const { parts } = (await ask<SealView>("bob", "GET", sealPath)).body;
        expect(parts).toContain("journal/stamps/sandbox.tsr");
      },
      { timeout: 15_000 },
    );
    [fileOfBob] = await system.files(of.bob.import_id);
    ({ items: foldersOfBob } = await ask<{ items: FolderView[] }>(
      "bob",
      "GET",
      `/v1/imports/${of.bob.import_id}/folders`,
    ).then(({ body }) => body));
    const verify = `/v1/imports/${of.bob.import_id}/verifications`;
    verificationOfBob = String(
      (await ask<VerificationView>("bob", "POST", verify, {})).body.number,
    );
    const url = "https://webhook.invalid/bob";
    const hook = await ask<NewWebhook>("bob", "POST", "/v1/webhooks", { url });
    webhookOfBob = hook.body.webhook_id;
    const path = `/v1/webhooks/${webhookOfBob}/test`;
    deliveryOfBob = (await ask<DeliveryView>("bob", "POST", path, {})).body.delivery_id;
    await fetch(`${system.apiUrl}/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
      body: JSON.stringify({ key: keys.get("bob") }),
    });
    const sessions = await ask<{ items: SessionView[] }>("bob", "GET", "/v1/sessions");
    sessionOfBob = sessions.body.items[0]?.session_id ?? "";
    expect(sessionOfBob).not.toBe("");
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const suit = (entrust_id: string, path: string, more: object = {}) => {
    const folder = directory("kongur", { suit_id: "1001" }, path);
    return {
      entrust_id,
      suit_ids: ["1001"],
      folders: [{ ...folder, source: { ...folder.source, ...more } }],
    };
  };

  async function ask<Body>(who: Who, method: string, path: string, body?: object) {
    const response = await fetch(`${system.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${keys.get(who)}`,
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { status, headers } = response;
    // An error names its request, as this header does, and its trace where there is one.
    const requestId = headers.get("x-request-id") ?? "";
    const text = (await response.text())
      .replaceAll(requestId, "REQUEST")
      .replaceAll(/"trace_id":"[0-9a-f]{32}"/g, '"trace_id":"TRACE"');
    const type = headers.get("content-type") ?? "";
    const isJson = /^application\/(problem\+)?json\b/.test(type);
    return { status, text, type, body: (isJson ? JSON.parse(text) : undefined) as Body };
  }

  /** Makes an import, which rests when this resolves. */
  async function run(who: Who, request: object): Promise<ImportView> {
    const { status, body } = await ask<ImportView>(who, "POST", "/v1/imports", request);
    if (status !== 202) throw new Error(JSON.stringify(body));
    return await system.rest(body.import_id);
  }

  async function sealed(who: Who, request: object): Promise<ImportView> {
    const view = await run(who, request);
    expect(view.status).toBe("sealed");
    return view;
  }

  const bobs = () => {
    const suit_id = "only-bobs";
    const folders = [directory("kongur", { suit_id }, at("bob/case"))];
    return sealed("bob", { entrust_id: "E-B", suit_ids: [suit_id], folders });
  };

  test("can be told apart", async () => {
    expect(await ask("anna", "GET", `/v1/imports/${of.anna.import_id}`)).toMatchObject({
      status: 200,
      body: { import_id: of.anna.import_id, entrust_id: "E-A" },
    });
    const idsOf = async (who: Who) => {
      const { body } = await ask<{ items: ImportView[] }>(who, "GET", "/v1/imports");
      return body.items.map(({ import_id }) => import_id);
    };
    expect(await idsOf("anna")).toEqual([of.anna.import_id]);
    expect(await idsOf("bob")).toEqual([of.bob.import_id]);
    expect(await idsOf("root")).toEqual([of.bob.import_id, of.anna.import_id]);
  });

  /** Names of bob's things and of nobody's, by the collection that they are in. */
  const things: Record<string, () => Record<"ofBob" | "ofNobody", Record<string, string>>> = {
    imports: () => ({
      ofBob: {
        id: of.bob.import_id,
        folder_id: foldersOfBob[0]?.folder_id ?? "",
        file_id: fileOfBob?.file_id ?? "",
        part: "seal.txt",
        file: "journal.txt",
        stamp: "sandbox.tsr",
      },
      ofNobody: {
        id: crypto.randomUUID(),
        folder_id: "999999",
        file_id: "999998",
        part: "seal.txt",
        file: "journal.txt",
        stamp: "sandbox.tsr",
      },
    }),
    register: () => ({
      ofBob: { number: `${sealOfBob?.number}`, authority: "sandbox" },
      ofNobody: { number: "999997", authority: "sandbox" },
    }),
    cases: () => ({ ofBob: { entrust_id: "E-B" }, ofNobody: { entrust_id: "E-X" } }),
    suits: () => ({ ofBob: { suit_id: "only-bobs" }, ofNobody: { suit_id: "only-noras" } }),
    vendors: () => ({ ofBob: { vendor: "rex" }, ofNobody: { vendor: "xer" } }),
    verifications: () => ({ ofBob: { number: verificationOfBob }, ofNobody: { number: "999999" } }),
    webhooks: () => ({ ofBob: { id: webhookOfBob }, ofNobody: { id: crypto.randomUUID() } }),
    deliveries: () => ({ ofBob: { id: deliveryOfBob }, ofNobody: { id: crypto.randomUUID() } }),
    sessions: () => ({ ofBob: { id: sessionOfBob }, ofNobody: { id: "AbC12345" } }),
    keys: () => ({
      ofBob: { id: keys.get("bob")?.slice(4, 12) ?? "" },
      ofNobody: { id: "AbC12345" },
    }),
  };
  const collectionOf = (url: string) => url.split("/")[2] ?? "";
  // What is for those without limits alone, the door keeps from others.
  const named = routes.filter(([, url, , { unscoped }]) => url.includes("/:") && !unscoped);

  test("are tried with everything that a route names", () => {
    const unknown = named.filter(([, url]) => things[collectionOf(url)] === undefined);
    // A thing of bob's and one of nobody's belong into `things`.
    expect(unknown.map(([, url]) => url)).toEqual([]);
  });

  test.each(named)(
    "%s %s answers the same for what is another's and what isn't there",
    async (method, url) => {
      const body = method === "GET" ? undefined : (bodies[`${method} ${url}`] ?? {});
      const { ofBob, ofNobody } = things[collectionOf(url)]?.() ?? { ofBob: {}, ofNobody: {} };
      const pathOf = (names: Record<string, string>) =>
        url.replace(/:(\w+)/g, (_, name: string) => names[name] ?? `unknown :${name}`);
      const asked = async (names: Record<string, string>) => {
        const { status, text, type } = await ask("anna", method, pathOf(names), body);
        const asCalled = (blanked: string, [name, value]: [string, string]) =>
          blanked.replaceAll(new RegExp(`\\b${value}\\b`, "g"), name);
        return { status, type, text: Object.entries(names).reduce(asCalled, text) };
      };
      const foreign = await asked(ofBob);
      expect(foreign).toEqual(await asked(ofNobody));
      expect(foreign.status).toBe(404);
      // Whoever it belongs to is let in.
      if (method !== "GET") return;
      expect((await ask("bob", method, pathOf(ofBob))).status).toBe(200);
    },
  );

  // `all-events.test.ts` listens to the stream that has no end.
  const reads = routes.filter(([method, url]) => method === "GET" && url !== "/v1/events");
  test.each(reads.filter(([, url]) => !url.includes("/:")))(
    "%s %s tells nothing of the other, however it is asked",
    async (_, url) => {
      const asks = [url];
      const filters = url === "/v1/imports" || url === "/v1/cases";
      if (filters) asks.push(`${url}?q=E-B`, `${url}?totals=true`, `${url}?q=only-bobs`);
      for (const path of asks) {
        const { text } = await ask("anna", "GET", path);
        for (const word of [of.bob.import_id, "E-B", "only-bobs", at("bob"), "key:bob"]) {
          expect(text.replaceAll("q=E-B", "").replaceAll("q=only-bobs", "")).not.toContain(word);
        }
      }
      if (filters) {
        const totals = (await ask<{ totals?: object }>("anna", "GET", `${url}?totals=true`)).body;
        if (totals.totals !== undefined) expect(totals).toMatchObject({ totals: { sealed: 1 } });
      }
    },
  );

  test("have no folder of the other in an import of their own", async () => {
    const own = await run("anna", suit("E-A", at("anna/nowhere")));
    const accept = async (folder: string) => {
      const path = `/v1/imports/${own.import_id}/folders/${folder}/accept-destination`;
      const { status, text } = await ask("anna", "POST", path, { ...place, why: "It moved." });
      return [status, text.replace(`no folder ${folder} in`, "no folder FOLDER in")];
    };
    const foreign = await accept(foldersOfBob[0]?.folder_id ?? "");
    expect(foreign).toEqual(await accept("999999"));
    expect(foreign[0]).toBe(404);
  });

  test("find no file of the other by its bytes", async () => {
    const found = async (who: Who) => {
      const path = `/v1/files?sha256=${fileOfBob?.sha256}`;
      const { body } = await ask<{ items: { import_id: string }[] }>(who, "GET", path);
      return body.items.map(({ import_id }) => import_id);
    };
    expect(await found("anna")).toEqual([]);
    expect(await found("bob")).toEqual([of.bob.import_id]);
  });

  test("act on no import of the other among several of their own", async () => {
    const own = await run("anna", suit("E-A", at("anna/nowhere")));
    const ids = [of.bob.import_id, crypto.randomUUID(), own.import_id];
    const body = { imports: ids.map((import_id) => ({ import_id })) };
    const answer = await ask<ActedFailures>("anna", "POST", "/v1/failures/retry", body);
    const [foreign, unknown, mine] = answer.body.items.map(({ import_id, ...rest }) =>
      JSON.stringify(rest).replaceAll(import_id, "ID"),
    );
    expect(foreign).toEqual(unknown);
    expect(foreign).toContain("There is no import ID.");
    expect(mine).toContain('"folders":1');
    await system.rest(own.import_id);
  });

  test("make imports within their scope only", async () => {
    const make = async (request: object) => {
      const { status, text } = await ask("anna", "POST", "/v1/imports", request);
      return { status, text };
    };
    expect(await make(suit("E-B", at("anna/case")))).toMatchObject({ status: 403 });
    const rex = directory("rex", { scene: "s" }, at("anna/case"));
    expect(await make({ entrust_id: "E-A", folders: [rex] })).toMatchObject({ status: 403 });
    const outside = await make(suit("E-A", at("bob/case")));
    expect(outside).toMatchObject({ status: 400 });
    expect(outside.text).toContain("SOURCE_OUTSIDE_ROOTS");
    expect(outside.text).toContain(`may be read: ${at("anna")}.`);
  });

  test("don't read the other's files through a link, and learn nothing of what is there", async () => {
    await mkdir(at("anna/links"));
    await symlink(at("bob/case/secret.txt"), at("anna/links/secret"));
    await symlink(at("bob/case"), at("anna/links/folder"));
    await symlink(at("bob/nothing"), at("anna/links/nothing"));
    await symlink("../shared.txt", at("anna/links/shared"));
    const links = suit("E-A", at("anna/links"), { follow_symlinks: true });
    const outcomes = async (view: ImportView) =>
      Object.fromEntries(
        (await system.files(view.import_id)).map(({ path, state, error }: FileView) => [
          path,
          [state, error?.message],
        ]),
      );
    const outside = (path: string) => [
      "failed",
      `${path} is a symbolic link that leads out of the folders that may be read.`,
    ];
    const view = await run("anna", links);
    expect(await outcomes(view)).toEqual({
      secret: outside("secret"),
      folder: outside("folder"),
      nothing: outside("nothing"),
      shared: ["stored", undefined],
    });
    // Whoever retries it, it is read within the roots of the one who made it.
    const { status } = await ask("root", "POST", `/v1/imports/${view.import_id}/retry`, {});
    expect(status).toBe(202);
    const again = await system.rest(view.import_id);
    expect([again.status, again.failed]).toEqual(["attention", 3]);
    // The links are good ones for somebody who may read both folders.
    const all = await run("root", links);
    expect(await outcomes(all)).toMatchObject({
      secret: ["stored", undefined],
      "folder/secret.txt": ["stored", undefined],
    });
  });

  test("don't import the other's folder through a link", async () => {
    await symlink(at("bob/case"), at("anna/out"));
    await symlink(at("bob/nothing"), at("anna/gone"));
    await symlink(at("bob/empty/deep"), at("anna/deep"));
    await symlink("deep/../../case", at("anna/round"));
    await symlink("deep/../../nothing", at("anna/round-gone"));
    for (const name of ["out", "gone", "round", "round-gone", "out/nothing"]) {
      const path = at("anna", name);
      const view = await run("anna", suit("E-A", path));
      expect(view).toMatchObject({
        status: "attention",
        files: 0,
        errors: [
          {
            code: "SOURCE_OUTSIDE_ROOTS",
            message: `The source ${path} lies outside the folders that may be read: ${at("anna")}.`,
          },
        ],
      });
    }
  });

  test("see their vendors and nothing of others' work", async () => {
    const { body } = await ask<{ items: { vendor: string }[] }>("bob", "GET", "/v1/vendors");
    expect(body.items.map(({ vendor }) => vendor).sort()).toEqual(["kongur", "rex"]);
    expect(await ask("anna", "GET", "/readyz")).not.toMatchObject({
      body: { vendors: expect.arrayContaining([expect.objectContaining({ vendor: "rex" })]) },
    });
    expect(await ask("anna", "GET", "/v1/workers")).toMatchObject({ status: 403 });
    expect(await ask("root", "GET", "/v1/workers")).toMatchObject({
      status: 200,
      body: {
        items: [{ alive: true, report: { pid: expect.any(Number), jobs: expect.any(Array) } }],
      },
    });
    expect(await ask("anna", "GET", "/v1/queues")).toMatchObject({ status: 403 });
    expect(await ask("root", "GET", "/v1/queues")).toMatchObject({
      status: 200,
      body: { items: expect.arrayContaining([expect.objectContaining({ queue: "store" })]) },
    });
    expect(await ask("anna", "GET", "/v1/rates?last=1d")).toMatchObject({
      status: 200,
      body: { step_seconds: 300 },
    });
    const limit = { limit: "1M" };
    expect(await ask("anna", "PUT", "/v1/bandwidth", limit)).toMatchObject({ status: 403 });
    expect(await ask("anna", "GET", "/v1/bandwidth")).toMatchObject({ body: { limit: "off" } });
  });
});
