import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** Starts Debian's Chromium without a window and without calls home; `more` are further options of its command line. */
export function startBrowser(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM.find(existsSync) ?? "chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}

/** Logs in with a key as a person does. */
export async function logIn(
  page: Page,
  { apiUrl, key }: { apiUrl: string; key: string },
): Promise<void> {
  await page.goto(`${apiUrl}/login`);
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(`${apiUrl}/`);
}
