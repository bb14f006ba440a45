import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { logIn, startBrowser } from "../../support/browser.ts";
import {
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

let browser: Browser;
let system: System;
let page: Page;
/** What the browser complains about: every breach of a page's policy, every error of its scripts. */
const complaints: string[] = [];

beforeAll(async () => {
  [browser, system] = await Promise.all([startBrowser(), startSystem("Redis and Postgres")]);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  // The docs page works for seconds of a core to show a route; a busy machine has little of one.
  page.setDefaultTimeout(120_000);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} ${page.url()}`);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await logIn(page, system);
  const suits = ["1001", "1002"];
  for (const suit of suits) await writeTree(join(system.root, suit), { "a.pdf": suit });
  const refusal = { code: "SUIT_CLOSED", message: "closed" };
  system.sandbox.gateway.refuse({ vendor: "kongur", folder: "1002", ...refusal });
  await system.run(importOfSuits(system.root, ...suits));
});
afterAll(async () => {
  await browser.close();
  await system[Symbol.asyncDispose]();
});
afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});

test("The start page works under its policy", async () => {
  await page.goto(`${system.apiUrl}/`);
  const width = await page.evaluate("getComputedStyle(document.body).maxWidth");
  expect(width).toBe("640px");
});

test("The docs page works under its policy: it shows routes, schemas and an answer", async () => {
  await page.goto(`${system.apiUrl}/docs`);
  expect(await page.getByText("Log out").getAttribute("href")).toBe(`${system.apiUrl}/login`);
  await page.getByText("/v1/imports/{id}/retry", { exact: true }).first().click();
  await page.getByText('"expect_files"').first().waitFor();
  // The page draws the first of its many schemas, and others once one scrolls to them.
  await page.locator(".models").getByText("KeyRequest", { exact: true }).waitFor();
  await page.getByText("/v1/vendors", { exact: true }).first().click();
  await page.getByRole("button", { name: "Try it out" }).last().click();
  await page.getByRole("button", { name: "Execute" }).click();
  await page.getByText("Response headers").first().waitFor();
  await page.getByText('"kongur"').first().waitFor();
});

test("Bull Board works under its policy: it shows queues, a job and its log, and its settings", async () => {
  await page.goto(`${system.apiUrl}/queues`);
  await page.locator("header button[aria-haspopup=menu]").click();
  await page.getByText("Log out").click();
  await page.waitForURL(`${system.apiUrl}/login`);
  await page.goto(`${system.apiUrl}/queues/queue/store?status=failed`);
  await page.getByText("VENDOR_REFUSED").first().waitFor();
  await page.getByText("Logs", { exact: true }).first().click();
  await page.getByText("Options", { exact: true }).first().click();
  await page.getByText("Data", { exact: true }).first().click();
  await page.goto(`${system.apiUrl}/queues/queue/store?status=completed`);
  await page.getByText("kongur suit_id=1001").first().waitFor();
  await page.locator("header button").nth(-2).click();
  await page.getByText("Language").first().waitFor();
});

test("Names and sentences of others' are text on every page, whatever they look like", async () => {
  const mark = "<img src=x onerror=alert(1)>";
  const script = "<script>alert(2)</script>";
  const suit = `${script}${mark}`;
  await writeTree(join(system.root, "marked"), { [`${mark}.pdf`]: "a" });
  system.sandbox.gateway.refuse({ vendor: "kongur", folder: suit, code: "NO", message: script });
  const folders = [directory("kongur", { suit_id: suit }, join(system.root, "marked"))];
  const { import_id } = await system.run({ entrust_id: mark, suit_ids: [suit], folders });
  await page.goto(`${system.apiUrl}/queues/queue/store?status=failed`);
  await page.getByText(`${mark}, kongur suit_id=${suit}`).first().waitFor();
  await page.getByText("Logs", { exact: true }).first().click();
  await page.getByText(`${mark}.pdf`).first().waitFor();
  for (const path of [`/v1/imports/${import_id}/files`, `/v1/cases/${encodeURIComponent(mark)}`]) {
    await page.goto(`${system.apiUrl}${path}`);
    expect(await page.textContent("body")).toContain(mark);
  }
  await page.goto(
    `${system.apiUrl}/login?to=${encodeURIComponent(script)}&lang=${encodeURIComponent(mark)}`,
  );
  expect(await page.locator("img").count()).toBe(0);
});

test("No page of another origin shows ours in a frame", async () => {
  const paths = ["/", "/docs", "/queues", "/v1/imports", "/nowhere"];
  const frames = paths.map((path) => `<iframe src="${system.apiUrl}${path}"></iframe>`).join("");
  const elsewhere: Server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!DOCTYPE html><title>elsewhere</title>${frames}`);
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  const { port } = elsewhere.address() as AddressInfo;
  await page.goto(`http://localhost:${port}/`, { waitUntil: "load" });
  const refused = () => complaints.filter((text) => text.includes("frame-ancestors 'none'"));
  await expect.poll(() => refused().length, { timeout: 10_000 }).toBe(paths.length);
  for (const frame of page.frames().slice(1)) expect(frame.url()).not.toContain(system.apiUrl);
  complaints.length = 0;
  elsewhere.close();
});
