import { join } from "node:path";
import type { FolderView, ImportView } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { importOfSuits, type System, startSystem, writeTree } from "../../support/system.ts";

/** What can be done to an import, with a request that is valid. */
const acts: Record<string, (of: { folder: string }) => readonly [string, object]> = {
  retryImport: () => ["/retry", {}],
  cancelImport: () => ["/cancel", {}],
  waiveFiles: () => ["/waive", { why: "It is gone." }],
  acceptDestination: ({ folder }) => [
    `/folders/${folder}/accept-destination`,
    { endpoint: "https://e.example", bucket: "b", prefix: "p/", why: "It moved." },
  ],
  pauseImport: () => ["/pause", {}],
  resumeImport: () => ["/resume", {}],
};

/** Compares what an import says can be done with it with what is refused. Returns it. */
async function checked({ get, post }: System, id: string): Promise<ImportView> {
  const view = await get<ImportView>(`/v1/imports/${id}`);
  const { items } = await get<{ items: FolderView[] }>(`/v1/imports/${id}/folders`);
  const folder = items[0]?.folder_id ?? "";
  for (const [name, requestOf] of Object.entries(acts)) {
    if (view.may?.includes(name)) continue;
    const [path, body] = requestOf({ folder });
    const { status } = await post(`/v1/imports/${id}${path}`, body);
    expect([view.status, name, status]).toEqual([view.status, name, 409]);
  }
  expect((await get<ImportView>(`/v1/imports/${id}`)).status).toBe(view.status);
  return view;
}

test("What isn't among what may be done with an import is refused, and what is is done", async () => {
  await using system = await startSystem("embedded");
  const { root, sandbox, post } = system;
  await writeTree(join(root, "1001"), { "a.pdf": "a" });
  await writeTree(join(root, "1002"), { "b.pdf": "b" });

  /** Does what may be done, and checks what may be done then. */
  async function done(id: string, ...names: string[]): Promise<ImportView> {
    for (const name of names) {
      expect((await checked(system, id)).may).toContain(name);
      const [path, body] = acts[name]?.({ folder: "" }) ?? ["", {}];
      const { status } = await post(`/v1/imports/${id}${path}`, body);
      expect([name, status]).toEqual([name, 202]);
    }
    return await checked(system, id);
  }

  const start_at = new Date(Date.now() + 86_400_000).toISOString();
  const later = await post<ImportView>("/v1/imports", {
    ...importOfSuits(root, "1001"),
    start_at,
  });
  const { import_id } = later.body;
  const cancelled = await done(import_id, "pauseImport", "resumeImport", "cancelImport");
  expect([cancelled.status, cancelled.may]).toEqual(["cancelled", ["changeImport"]]);

  const sealed = await system.run(importOfSuits(root, "1001"));
  expect((await checked(system, sealed.import_id)).may).toEqual(["changeImport"]);

  const code = "SUIT_CLOSED";
  sandbox.gateway.refuse({ vendor: "kongur", folder: "1002", code, message: "closed" });
  const { import_id: id } = await system.run(importOfSuits(root, "1002"));
  expect((await done(id, "pauseImport", "resumeImport")).may).toContain("retryImport");
  await done(id, "waiveFiles");
  expect((await system.sealed(id)).may).toEqual(["changeImport"]);
});
