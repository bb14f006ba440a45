import { afterEach, beforeEach, expect, it } from "vitest";
import { fileDetails, fileView, foundFile, startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(async () => {
  await api.app.close();
});

const sha256 = "AB".repeat(32);

it("narrows a list of files by what is asked", async () => {
  const { import_id } = api.put();
  const query = new URLSearchParams({
    ...{ state: "failed,waived", prefix: "借款/", q: "%", sha256, start: "b", folder_id: "3" },
  });
  const answer = await api.app.inject(`/v1/imports/${import_id}/files?${query}`);
  expect(answer.json().items).toEqual([fileView]);
  expect(api.calls[0]).toEqual({
    name: "files",
    args: [
      import_id,
      {
        ...{ state: ["failed", "waived"], prefix: "借款/", q: "%", sha256: sha256.toLowerCase() },
        ...{ start: "b", folder_id: "3", limit: 100 },
      },
    ],
  });
});

it("leaves members of files out that aren't asked for, and tags what is left", async () => {
  const { import_id } = api.put();
  const answer = await api.app.inject(`/v1/imports/${import_id}/files?fields=path,state`);
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  expect(answer.json()).toEqual({
    items: [{ path: fileView.path, state: fileView.state }],
    next: null,
  });
  const url = `/v1/imports/${import_id}/files?fields=path,state`;
  const headers = { "if-none-match": String(answer.headers.etag) };
  expect((await api.app.inject({ url, headers })).statusCode).toBe(304);
});

it("shows one file, the files with some bytes, and a level of a tree", async () => {
  const { import_id } = api.put();
  const one = await api.app.inject(`/v1/imports/${import_id}/files/7`);
  expect(one.json()).toEqual({ ...fileDetails, import_id, file_id: "7" });
  const found = await api.app.inject(`/v1/files?sha256=${sha256}&limit=5`);
  expect(found.json()).toEqual({ items: [foundFile], next: null });
  const tree = await api.app.inject(`/v1/imports/${import_id}/folders/3/tree?prefix=a/`);
  expect(tree.json()).toMatchObject({ items: [{ prefix: "a/" }], direct: { entries: 0 } });
  expect(api.calls.filter(({ name }) => name !== "get")).toEqual([
    { name: "file", args: [import_id, "7"] },
    { name: "findFiles", args: [{ sha256: sha256.toLowerCase(), limit: 5 }] },
    { name: "tree", args: [import_id, "3", { prefix: "a/", limit: 100 }] },
  ]);
});

it("puts on record who asked where some bytes are", async () => {
  await api.app.inject(`/v1/files?sha256=${sha256}`);
  expect(api.reads).toMatchObject([{ what: "files", subject: "files" }]);
});

it.each([
  "files?fields=colour",
  "files?sha256=ab",
  "files?prefix=",
  "files?q=%00",
  "folders/3/tree?prefix=a",
])("refuses %s", async (path) => {
  const { import_id } = api.put();
  const answer = await api.app.inject(`/v1/imports/${import_id}/${path}`);
  expect(answer.json().code).toBe("REQUEST_INVALID");
});

it("needs the bytes to look for", async () => {
  expect((await api.app.inject("/v1/files")).json().code).toBe("REQUEST_INVALID");
});
