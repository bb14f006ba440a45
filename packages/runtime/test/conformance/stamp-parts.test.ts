import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseConfig } from "@exhibit/config";
import { dataFolder, selfSigned } from "@exhibit/testkit";
import { expect, test } from "vitest";
import { openStampParts } from "../../src/stamp-parts.ts";

const url = "http://10.1.2.3:8080/tsr";

function configOf(ca: string, trial = false) {
  const custody = { stamps: [{ name: "tsa", url, ca }] };
  return parseConfig({ trial, sources: { roots: ["/e"] }, custody, vendors: {} }, "memory");
}

test("An authority's certificates are PEM, or in a file; what can't be trusted is said at the start", async () => {
  const folder = await dataFolder("stamp-parts");
  const file = join(folder.path, "root.pem");
  await writeFile(file, selfSigned.cert);
  for (const ca of [file, selfSigned.cert]) {
    const { authorities } = await openStampParts(configOf(ca));
    expect(authorities).toMatchObject([
      { name: "tsa", url, digest: "sha256", trust: { pem: selfSigned.cert } },
    ]);
  }
  const missing = join(folder.path, "missing.pem");
  await writeFile(file, "nothing");
  for (const [ca, reason] of [
    [missing, "can't be read"],
    [file, "no self-signed certificate"],
  ] as const) {
    await expect(openStampParts(configOf(ca))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(reason),
    });
  }
  await folder.remove();
});

test("An authority may be anywhere, but a trial calls this machine alone", async () => {
  const live = await openStampParts(configOf(selfSigned.cert));
  expect(live.fetch.check(url).host).toBe("10.1.2.3:8080");
  const trial = await openStampParts(configOf(selfSigned.cert, true));
  expect(() => trial.fetch.check(url)).toThrow("can't be called");
  expect(trial.fetch.check("http://127.0.0.1:9/tsr").port).toBe("9");
});
