import { expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";
import { registerEntry, sealView, verificationView } from "../fake-seals.ts";

const id = sealView.import_id;

it("A seal is JSON, and each of its parts comes as it is, for nobody's cache", async () => {
  const { app, calls } = await startApi();
  const path = `/v1/imports/${id}/seal`;
  expect((await app.inject(path)).json()).toEqual(sealView);
  const text = await app.inject(`${path}/seal.txt`);
  expect(text.body).toBe("seal.txt\n");
  expect(text.headers).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": 'attachment; filename="seal.txt"',
    "cache-control": "no-store",
  });
  const signature = await app.inject(`${path}/seal.sig`);
  expect(signature.headers["content-type"]).toBe("application/octet-stream");
  expect([...signature.rawPayload]).toEqual([0, 255]);
  const list = await app.inject(`${path}/receipts.ndjson`);
  expect(list.body).toBe('{"folder":1}\n{"folder":2}\n');
  expect((await app.inject(`${path}/secret.txt`)).statusCode).toBe(404);
  const asked = calls.filter(({ name }) => name === "seal part").map(({ args }) => args[1]);
  expect(asked).toEqual(["seal.txt", "seal.sig", "receipts.ndjson"]);
});

it("A proof is a text, and the register is a page", async () => {
  const { app } = await startApi();
  const proof = await app.inject(`/v1/imports/${id}/files/7/proof`);
  expect(proof.body).toBe("Exhibit proof 1\n");
  expect(proof.headers["content-disposition"]).toBe('attachment; filename="proof.txt"');
  const register = await app.inject("/v1/register?limit=10");
  expect(register.json()).toEqual({ items: [registerEntry], next: null });
});

it("A bag is a tar, and who asked for it is passed on", async () => {
  const { app, calls } = await startApi();
  const request = { files: ["1/合同.pdf"], why: "For the court" };
  const bag = await app.inject({
    ...{ method: "POST", url: `/v1/imports/${id}/exports`, payload: request },
    headers: { "x-exhibit-actor": "anna" },
  });
  expect(bag.body).toBe("tar");
  expect(bag.headers).toMatchObject({
    "content-type": "application/x-tar",
    "content-disposition": 'attachment; filename="exhibit-bag.tar"',
    "cache-control": "no-store",
  });
  const [asked] = calls.filter(({ name }) => name === "bag");
  expect(asked?.args).toEqual([id, { names: "portable", ...request }, expect.any(String)]);
  const none = await app.inject({
    ...{ method: "POST", url: `/v1/imports/${id}/exports`, payload: { files: [] } },
  });
  expect(none.statusCode).toBe(400);
});

it("A report is a page or a PDF, and is saved rather than shown among our own pages", async () => {
  const { app } = await startApi();
  const path = `/v1/imports/${id}/seal`;
  const page = await app.inject(`${path}/report-zh.html`);
  expect(page.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "content-disposition": 'attachment; filename="report-zh.html"',
  });
  expect((await app.inject(`${path}/report-en.pdf`)).headers["content-type"]).toBe(
    "application/pdf",
  );
  expect((await app.inject(`${path}/report-fr.pdf`)).statusCode).toBe(404);
});

it("A verification is begun with what is asked for, told by its number, and cancelled", async () => {
  const { app, calls } = await startApi();
  const url = `/v1/imports/${id}/verifications`;
  const post = (payload?: object) =>
    app.inject({ method: "POST", url, ...(payload && { payload }) });
  const begun = await post({ against: "oss", sample: "1%" });
  expect(begun.statusCode).toBe(202);
  expect(begun.headers.location).toBe("/v1/verifications/3");
  expect(begun.json()).toEqual(verificationView);
  expect((await post()).statusCode).toBe(202);
  const asked = calls.filter(({ name }) => name === "verify").map(({ args }) => args[1]);
  expect(asked).toEqual([{ against: "oss", sample: "1%" }, { against: "receipts" }]);
  for (const wrong of [
    { by: "head" },
    { against: "source", by: "list" },
    { sample: 3 },
    { against: "oss", seed: "x" },
    { against: "oss", sample: "101%" },
    { against: "oss", rate: 0 },
  ]) {
    expect((await post(wrong)).statusCode, JSON.stringify(wrong)).toBe(400);
  }
  expect((await app.inject(url)).json().items).toEqual([verificationView]);
  expect((await app.inject("/v1/verifications/3")).json()).toEqual(verificationView);
  expect((await app.inject("/v1/verifications/3/findings")).json().items).toEqual([]);
  await app.inject("/v1/verifications/x");
  const cancelled = await app.inject({ method: "POST", url: "/v1/verifications/3/cancel" });
  expect([cancelled.statusCode, cancelled.json().state]).toEqual([202, "cancelled"]);
  const numbers = calls.filter(({ name }) => name === "verification").map(({ args }) => args[0]);
  expect(numbers).toEqual([3, 0]);
  const checked = await app.inject(`/v1/register/check?from=${"0".repeat(64)}`);
  expect(checked.json()).toMatchObject({ outcome: "same", entries: 2 });
  expect((await app.inject("/v1/register/check?from=x")).statusCode).toBe(400);
});
