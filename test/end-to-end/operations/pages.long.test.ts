import { rm } from "node:fs/promises";
import { join } from "node:path";
import { errorTable } from "@exhibit/contracts";
import { startPrefixProxy } from "@exhibit/testkit";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logIn, startBrowser } from "../../support/browser.ts";
import {
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

describe("In a browser", () => {
  let browser: Browser;
  let system: System;
  let page: Page;
  const broken: string[] = [];

  beforeAll(async () => {
    [browser, system] = await Promise.all([startBrowser(), startSystem("Redis and Postgres")]);
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => broken.push(error.message));
    page.on("requestfailed", (request) => {
      // What a page still loads when the next one is opened isn't broken.
      if (request.failure()?.errorText !== "net::ERR_ABORTED") broken.push(request.url());
    });
    await logIn(page, system);
  });
  afterAll(async () => {
    await browser.close();
    await system[Symbol.asyncDispose]();
  });

  test("an ops person sees in Bull Board what failed and why, presses Retry, and the import is sealed", async () => {
    const path = join(system.root, "1001");
    const request = {
      entrust_id: "E-77",
      suit_ids: ["1001"],
      folders: [directory("kongur", { suit_id: "1001" }, path)],
    };
    await writeTree(path, { "a.pdf": "first" });
    await system.run(request);
    await writeTree(path, { "a.pdf": "second" });
    const { import_id } = await system.run(request);

    await page.goto(`${system.apiUrl}/queues/queue/store?status=failed`);
    await page.getByText("1 of 1 files failed: 1 EVIDENCE_CONFLICT").first().waitFor();
    await page.getByText(errorTable.FILES_FAILED.remedy).first().waitFor();
    await page.getByText("Logs", { exact: true }).click();
    await page.getByText("EVIDENCE_CONFLICT a.pdf: ").first().waitFor();
    await rm(system.sandbox.objectPath("evidence", "kongur/E-77/suits/1001/a.pdf"));
    // The card's buttons are pictures, each with a tooltip for a name; the first one is Retry.
    await page.locator("[data-base-ui-tooltip-trigger] button").first().click();
    await page.getByRole("button", { name: "Confirm" }).click();
    expect(await system.sealed(import_id)).toMatchObject({ stored: 1, failed: 0 });
  });

  test("Retry all takes up the failed shards of an import that came to rest long ago", async () => {
    const suits = ["1002", "1003"];
    for (const suit of suits) {
      await writeTree(join(system.root, suit), { "a.pdf": suit });
      const refusal = { code: "SUIT_CLOSED", message: "closed" };
      system.sandbox.gateway.refuse({ vendor: "kongur", folder: suit, ...refusal });
    }
    const { import_id } = await system.run(importOfSuits(system.root, ...suits));
    await page.goto(`${system.apiUrl}/queues/queue/store?status=failed`);
    await page.getByText("1 of 1 files failed: 1 VENDOR_REFUSED").nth(1).waitFor();
    system.sandbox.gateway.heal();
    await page.getByRole("button", { name: "Retry all" }).click();
    await page.getByRole("button", { name: "Confirm" }).click();
    expect(await system.sealed(import_id)).toMatchObject({ stored: 2, failed: 0 });
  });

  test("the API's docs page shows every route and loads nothing from elsewhere", async () => {
    await page.goto(`${system.apiUrl}/docs`);
    const routes = ["/v1/imports", "/v1/imports/{id}/events", "/v1/imports/{id}/retry"];
    // Those of webhooks are named after their events.
    for (const route of [...routes, "import.sealed"]) {
      await page.getByText(route, { exact: true }).first().waitFor();
    }
    expect(broken).toEqual([]);
  });

  test("all of them work behind a proxy that puts a path in front, from the start page on", async () => {
    await using proxy = await startPrefixProxy("/exhibit", system.apiUrl);
    const missing: string[] = [];
    page.on("response", (response) => {
      if (response.status() >= 400) missing.push(response.url());
    });
    await page.goto(`${proxy.url}/exhibit/`);
    await page.getByText("Bull Board").click();
    await page.waitForURL(`${proxy.url}/exhibit/queues`);
    await page.goto(`${proxy.url}/exhibit/queues/queue/store?status=completed`);
    await page.getByText("E-77, kongur suit_id=1002").first().waitFor();
    await page.goto(`${proxy.url}/exhibit/docs`);
    await page.getByText("/v1/imports/{id}/retry", { exact: true }).first().waitFor();
    await page.getByText("/v1/vendors", { exact: true }).first().click();
    await page.getByRole("button", { name: "Try it out" }).click();
    const asked = page.waitForResponse(`${proxy.url}/exhibit/v1/vendors`);
    await page.getByRole("button", { name: "Execute" }).click();
    expect((await asked).status()).toBe(200);
    expect(missing).toEqual([]);
    expect(broken).toEqual([]);
  });
});
