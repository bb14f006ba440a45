import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { AuditEvent, VendorList } from "@exhibit/contracts";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { logIn, startBrowser } from "../../support/browser.ts";
import { importOfSuits, type System, startSystem } from "../../support/system.ts";

/** Asks and acts in every way that a page has, with the browser's cookies, and says what it learned. */
const attack = `<script>
  const told = (url, init) =>
    fetch(url, { credentials: "include", ...init }).then(
      ({ type, status }) => type + " " + status,
      () => "refused",
    );
  async function attack([read, act, board]) {
    const seen = (tag, url) =>
      new Promise((resolve) => {
        const element = document.createElement(tag);
        element.onload = () => resolve("loaded");
        element.onerror = () => resolve("nothing");
        element.src = url;
        document.body.append(element);
      });
    return [
      await told(read),
      await told(read, { mode: "no-cors" }),
      await told(act, { method: "POST" }),
      await told(act, { method: "POST", mode: "no-cors" }),
      await told(board, { method: "PUT" }),
      navigator.sendBeacon(act),
      await seen("img", read),
      await seen("script", read),
    ];
  }
</script>`;

describe("A browser's session", () => {
  let browser: Browser;
  let system: System;
  let context: BrowserContext;
  let page: Page;
  let elsewhere: Server;
  /** Pages of another server of the same host, which browsers call the same site. */
  let elsewhereUrl: string;
  let content = "";
  let cookiesSeen: string[] = [];

  beforeAll(async () => {
    elsewhere = createServer((request, response) => {
      cookiesSeen.push(request.headers.cookie ?? "");
      response.setHeader("content-type", "text/html");
      response.end(`<!DOCTYPE html><title>elsewhere</title><body>${content}</body>`);
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    elsewhereUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    [browser, system] = await Promise.all([startBrowser(), startSystem("Redis and Postgres")]);
  });
  afterAll(async () => {
    await browser.close();
    await system[Symbol.asyncDispose]();
    elsewhere.close();
  });
  beforeEach(async () => {
    cookiesSeen = [];
    context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const at = (path: string) => `${system.apiUrl}${path}`;

  test("begins at the login page, to which every page leads, and which leads back", async () => {
    await page.goto(at("/queues/queue/store?status=failed"));
    await page.waitForURL(at("/login?to=queues%2Fqueue%2Fstore%3Fstatus%3Dfailed"));
    await page.getByLabel("Key").fill("exh_wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("This key isn't valid").waitFor();
    expect(await context.cookies()).toEqual([]);

    await page.getByRole("link", { name: "中文" }).click();
    await page.getByRole("heading", { name: "登录 Exhibit" }).waitFor();
    await page.getByLabel("密钥").fill(`  ${system.key} `);
    await page.getByRole("button", { name: "登录" }).click();
    await page.waitForURL(at("/queues/queue/store?status=failed"));
    const [cookie, ...others] = await context.cookies();
    expect(cookie).toMatchObject({ name: "exhibit", httpOnly: true, sameSite: "Lax", path: "/" });
    expect(others).toEqual([]);
    expect(await page.evaluate("document.cookie")).toBe("");
  });

  test.each(["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])(
    "never leads to another place: %s",
    async (to) => {
      await page.goto(at(`/login?to=${encodeURIComponent(to)}`));
      await page.getByLabel("Key").fill(system.key);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForURL(at("/"));
    },
  );

  test("begins by a one-time link once, whose code isn't left in the history", async () => {
    const link = at(`/login#${await system.makeLoginCode()}`);
    await page.goto(link);
    await page.waitForURL(at("/"));
    await page.getByRole("link", { name: "Who am I? Log out" }).click();
    await page.getByText("key:test").waitFor();
    await page.goBack();
    await page.goBack();
    expect(page.url()).not.toContain("#");

    const other = await (await browser.newContext()).newPage();
    await other.goto(link);
    await other.getByText("This link was used already").waitFor();
    expect(await other.context().cookies()).toEqual([]);
    await other.context().close();
  });

  test("ends when the person logs out, and when its key is revoked", async () => {
    const key = await system.makeKey("leaver", { role: "viewer" });
    await logIn(page, { apiUrl: system.apiUrl, key });
    await page.goto(at("/login"));
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Key").waitFor();
    expect((await page.goto(at("/docs")))?.url()).toBe(at("/login?to=docs"));

    await logIn(page, { apiUrl: system.apiUrl, key });
    await system.revokeKey(key);
    expect((await page.goto(at("/docs")))?.url()).toBe(at("/login?to=docs"));
  });

  test("shows a viewer Bull Board without its buttons, and an operator's are on record", async () => {
    const request = importOfSuits(system.root, "missing");
    const { import_id } = await system.run(request);
    const viewer = await system.makeKey("looker", { role: "viewer" });
    await logIn(page, { apiUrl: system.apiUrl, key: viewer });
    await page.goto(at("/queues/queue/plan?status=failed"));
    await page.getByText("E-77").first().waitFor();
    expect(await page.getByRole("button", { name: "Retry all" }).count()).toBe(0);

    const operator = await system.makeKey("operator", { role: "ops" });
    await context.clearCookies();
    await logIn(page, { apiUrl: system.apiUrl, key: operator });
    await page.goto(at("/queues/queue/plan?status=failed"));
    await page.locator("[data-base-ui-tooltip-trigger] button").first().click();
    await page.getByRole("button", { name: "Confirm" }).click();
    const pressed = async () => {
      const path = `/v1/imports/${import_id}/audit`;
      const { items } = await system.get<{ items: AuditEvent[] }>(path);
      return items.filter(({ what }) => what === "board");
    };
    await expect.poll(pressed, { timeout: 20_000 }).toMatchObject([
      {
        who: "key:operator",
        import_id,
        details: { action: "retry", queue: "plan", job: expect.stringMatching(/^plan-\d+$/) },
      },
    ]);
  });

  async function untouched(): Promise<void> {
    const { items } = await system.get<VendorList>("/v1/vendors");
    expect(items.filter(({ paused }) => paused !== undefined)).toEqual([]);
  }

  test("does nothing for a page of another server of the host, although the browser sends its cookie there", async () => {
    await logIn(page, system);
    content = attack;
    await page.goto(elsewhereUrl);
    expect(cookiesSeen.some((cookie) => cookie.includes("exhibit="))).toBe(true);
    const urls = [
      "/v1/imports",
      "/v1/vendors/kongur/pause",
      "/queues/api/queues/plan/retry/failed",
    ];
    const told = await page.evaluate(`attack(${JSON.stringify(urls.map(at))})`);
    expect(told).toEqual([
      "refused",
      "refused",
      "refused",
      "refused",
      "refused",
      true,
      "nothing",
      "nothing",
    ]);
    await untouched();
  });

  test.each(["/", "/docs", "/queues/", "/login", "/v1/imports"])(
    "is worth nothing in a frame: %s",
    async (path) => {
      await logIn(page, system);
      content = `<iframe src="${at(path)}" width="800" height="500"></iframe>`;
      const answered = page.waitForResponse(at(path));
      await page.goto(elsewhereUrl);
      const status = (await answered).status();
      expect(path === "/login" ? [200] : [401]).toContain(status);
      const [, frame] = page.frames();
      const shown = await frame
        ?.locator("body")
        .innerText()
        .catch(() => "");
      for (const word of ["Bull Board", "key:test", "Swagger", "import_id", "Log in"]) {
        expect(shown).not.toContain(word);
      }
    },
  );

  test("shows a page that another one opens to the person, and to nobody else", async () => {
    await logIn(page, system);
    content = "";
    await page.goto(elsewhereUrl);
    const opening = context.waitForEvent("page");
    await page.evaluate(`globalThis.opened = window.open(${JSON.stringify(at("/v1/imports"))})`);
    const opened = await opening;
    await opened.waitForLoadState();
    expect(await opened.textContent("body")).toContain("items");
    const read =
      "(() => { try { return opened.document.body.innerText } catch (e) { return e.name } })()";
    expect(await page.evaluate(read)).toBe("SecurityError");
    await untouched();
  });
});
