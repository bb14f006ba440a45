import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ImportView, VendorList } from "@exhibit/contracts";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routes } from "../../../apps/api/src/routes.ts";
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
  async function attackWith(method, url) {
    const type = { "content-type": "application/json" };
    for (const init of [{}, { body: "{}" }, { body: "{}", headers: type }]) {
      // Other methods, and JSON, are asked for beforehand; the API allows neither.
      for (const mode of ["cors", "no-cors"]) {
        const sent = { method, mode, credentials: "include", ...init };
        await fetch(url, sent).catch(() => undefined);
      }
    }
  }
  function listen(url) {
    return new Promise((resolve) => {
      const source = new EventSource(url, { withCredentials: true });
      source.onmessage = ({ data }) => resolve(data);
      source.addEventListener("progress", ({ data }) => resolve(data));
      source.addEventListener("end", ({ data }) => resolve(data));
      source.onerror = () => { source.close(); resolve("nothing"); };
    });
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

  interface Answered {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
  }

  /** Notes what the API answers to requests that change something while `act` runs; its log counts refusals. */
  async function changesAnswered(act: () => Promise<void>) {
    const answered: { url: string; status: number }[] = [];
    const note = (message: unknown) => {
      const { request, response } = message as Answered;
      const { method = "", url, headers } = request;
      if (headers.host !== new URL(system.apiUrl).host) return;
      if (/^(GET|HEAD|OPTIONS)$/.test(method)) return;
      answered.push({ url: `${method} ${url}`, status: response.statusCode });
    };
    subscribe("http.server.response.finish", note);
    await act().finally(() => unsubscribe("http.server.response.finish", note));
    return answered;
  }

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

  test("acts by none of the routes that change something, Bull Board's included, and hears no events", async () => {
    const { items } = await system.get<{ items: ImportView[] }>("/v1/imports");
    const id = items[0]?.import_id ?? "";
    const names: Record<string, string> = { ":id": id, ":vendor": "kongur", ":folder_id": "1" };
    const unsafe = [
      ...routes.filter(([method]) => method !== "GET"),
      ...["/login", "/logout"].map((path) => ["POST", path] as const),
      ...[
        "plan/plan-1/retry",
        "plan/plan-1/clean",
        "plan/retry/failed",
        "plan/resume",
        "resume",
      ].map((act) => ["PUT", `/queues/api/queues/${act}`] as const),
    ];
    await page.goto(pageUrl);
    const answered = await changesAnswered(async () => {
      for (const [method, url] of unsafe) {
        const path = url.replace(/:\w+/g, (name) => names[name] ?? "x");
        const call = JSON.stringify([method, `${system.apiUrl}${path}`]).slice(1, -1);
        await page.evaluate(`attackWith(${call})`);
      }
    });
    expect(answered.filter(({ status }) => status !== 403)).toEqual([]);
    // Those that a page can send at all have arrived: each POST without a body, and with text.
    const posts = routes.filter(([method]) => method === "POST");
    const arrived = new Set(answered.map(({ url }) => url));
    expect(arrived.size).toBeGreaterThanOrEqual(posts.length);
    const events = `${system.apiUrl}/v1/imports/${id}/events`;
    expect(await page.evaluate(`listen(${JSON.stringify(events)})`)).toBe("nothing");
    // The person is logged in as before.
    expect((await page.goto(`${system.apiUrl}/v1/me`))?.status()).toBe(200);
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
