import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ImportView, VendorList } from "@exhibit/contracts";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logIn, startBrowser } from "../../support/browser.ts";
import { importOfSuits, type System, startSystem } from "../../support/system.ts";

const hostilePage = `<!DOCTYPE html><title>elsewhere</title><body><script>
  async function attack(urls) {
    for (const url of urls) {
      // The answers can't be read, and the browser calls that a failure; the requests are sent.
      await fetch(url, { method: "POST", mode: "no-cors" }).catch(() => undefined);
      await fetch(url, { method: "POST", mode: "no-cors", body: "{}" }).catch(() => undefined);
      navigator.sendBeacon(url);
      navigator.sendBeacon(url, new Blob(["{}"], { type: "text/plain" }));
    }
  }
  function submitForm(action, enctype) {
    const form = Object.assign(document.createElement("form"), { action, enctype, method: "post" });
    document.body.append(form);
    form.submit();
  }
</script></body>`;

describe("A page that the operator happens to look at", () => {
  let browser: Browser;
  let system: System;
  let page: Page;
  let elsewhere: Server;
  let pageUrl: string;

  beforeAll(async () => {
    elsewhere = createServer((_, response) => {
      response.setHeader("content-type", "text/html");
      response.end(hostilePage);
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    pageUrl = `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
    [browser, system] = await Promise.all([
      startBrowser("--host-resolver-rules=MAP evil.example 127.0.0.1"),
      startSystem("Redis and Postgres"),
    ]);
    page = await browser.newPage();
    // The operator is logged in all the while.
    await logIn(page, system);
  });
  afterAll(async () => {
    await browser.close();
    await system[Symbol.asyncDispose]();
    elsewhere.close();
  });

  async function untouched(importId: string): Promise<void> {
    const { items } = await system.get<VendorList>("/v1/vendors");
    expect(items.filter(({ paused }) => paused !== undefined)).toEqual([]);
    const acts = await system.get<{ items: { what: string }[] }>(`/v1/imports/${importId}/audit`);
    expect(acts.items.map(({ what }) => what)).toEqual(["create"]);
    const imports = await system.get<{ items: unknown[] }>("/v1/imports");
    expect(imports.items).toHaveLength(1);
  }

  test("can't act from another origin: not by fetch, not by a beacon, not by a form; its own pages still can", async () => {
    const { import_id } = await system.run(importOfSuits(system.root, "missing"));
    const targets = [
      "/v1/vendors/kongur/pause",
      `/v1/imports/${import_id}/cancel`,
      `/v1/imports/${import_id}/retry`,
      "/queues/api/queues/plan/retry/failed",
      "/v1/imports",
    ].map((path) => `${system.apiUrl}${path}`);
    await page.goto(pageUrl);
    await page.evaluate(`attack(${JSON.stringify(targets)})`);
    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
      const [url] = targets;
      await page.goto(pageUrl);
      await page.evaluate(`submitForm(${JSON.stringify(url)}, "${type}")`);
      await page.waitForURL(`${url}`);
      expect(await page.textContent("body")).toContain("ORIGIN_REFUSED");
    }
    await untouched(import_id);

    await page.goto(`${system.apiUrl}/docs`);
    const status = await page.evaluate(
      async (url) => (await fetch(url, { method: "POST" })).status,
      `${system.apiUrl}/v1/imports/${import_id}/retry`,
    );
    expect(status).toBe(202);
    await system.rest(import_id);
  });

  test("reads nothing by a name that was made to lead here", async () => {
    const { items } = await system.get<{ items: ImportView[] }>("/v1/imports");
    const rebound = `http://evil.example:${new URL(system.apiUrl).port}`;
    for (const path of ["/", "/docs", "/queues", "/v1/imports"]) {
      const answer = await page.goto(`${rebound}${path}`);
      expect(answer?.status()).toBe(421);
    }
    const told = await page.evaluate(async () => {
      const headers = { "content-type": "application/json" };
      const [read, act, board] = await Promise.all([
        fetch("/v1/imports"),
        fetch("/v1/vendors/kongur/pause", { method: "POST", headers, body: "{}" }),
        fetch("/queues/api/queues"),
      ]);
      const answers = [read, act, board];
      return { statuses: answers.map(({ status }) => status), text: await read.text() };
    });
    expect(told.statuses).toEqual([421, 421, 421]);
    for (const { import_id } of items) expect(told.text).not.toContain(import_id);
  });
});
