import { join } from "node:path";
import type { Environment } from "@exhibit/config";
import { expect, test } from "vitest";
import { hasOldTrial, settingOf } from "../../../src/up/setting.ts";
import { scratchFolder } from "../../support/scratch.ts";

const environment: Environment = {
  dataDir: "/data",
  apiHost: "127.0.0.1",
  apiPort: 7400,
  apiUrl: "http://127.0.0.1:7400",
  apiRates: {},
  graceMs: 10_000,
};
const servers = { redisUrl: "redis://redis.test", databaseUrl: "postgres://db.test/x" };

test("a trial has a data folder of its own, and takes servers only when it is told to", () => {
  expect(settingOf(environment, undefined, {})).toMatchObject({
    environment: { dataDir: join("/data", "trial") },
    config: undefined,
  });
  expect(() => settingOf({ ...environment, ...servers }, undefined, {})).toThrow(
    "set EXHIBIT_CONFIG. For a trial, unset both",
  );
  expect(settingOf({ ...environment, ...servers }, undefined, { trial: true })).toMatchObject({
    environment: { ...servers, dataDir: join("/data", "trial") },
  });
});

test("with a configuration neither a folder is taken nor an end waited for", () => {
  const configured = { ...environment, configPath: "/etc/exhibit.yaml" };
  expect(settingOf(configured, undefined, {})).toEqual({
    environment: configured,
    config: { path: "/etc/exhibit.yaml", isNamed: true },
  });
  expect(() => settingOf(configured, "photos", {})).toThrow("To import a folder, name its place");
  expect(() => settingOf(configured, undefined, { once: true })).toThrow("nothing to wait for");
  expect(() => settingOf(configured, undefined, { trial: true })).toThrow("EXHIBIT_CONFIG names");
});

test("what a trial of a release before has left is known by what only trials made", async () => {
  expect(await hasOldTrial(await scratchFolder(["ledger/PG_VERSION", "sandbox/"]))).toBe(false);
  expect(await hasOldTrial(await scratchFolder(["roots.json"]))).toBe(true);
  expect(await hasOldTrial(await scratchFolder(["sample-case/"]))).toBe(true);
});
