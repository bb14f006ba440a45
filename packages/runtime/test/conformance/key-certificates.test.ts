import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "@exhibit/config";
import { dataFolder, selfSigned } from "@exhibit/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readKeyCertificates } from "../../src/key-certificates.ts";

let folder: Awaited<ReturnType<typeof dataFolder>>;
beforeAll(async () => {
  folder = await dataFolder("key-certificates");
  await mkdir(join(folder.path, "keys"));
  await writeFile(join(folder.path, "keys/firm.pem"), selfSigned.cert);
  await writeFile(join(folder.path, "keys/empty.pem"), "nothing");
});
afterAll(() => folder.remove());

/** Returns the certificates of an exhibit.yaml in a folder that isn't the one in which this process runs. */
async function certificatesOf(certificate: string | undefined) {
  const path = join(folder.path, "exhibit.yaml");
  const custody = { certificate };
  await writeFile(path, JSON.stringify({ sources: { roots: ["/e"] }, custody, vendors: {} }));
  return await readKeyCertificates(await loadConfig(path, {}));
}

test("The key's certificate is in a file beside exhibit.yaml, or in it", async () => {
  for (const given of ["keys/firm.pem", selfSigned.cert]) {
    const certificates = await certificatesOf(given);
    expect(certificates?.map((each) => each.toString().trim())).toEqual([selfSigned.cert.trim()]);
  }
  expect(await certificatesOf(undefined)).toBeUndefined();
});

test("A file that isn't there, or has no certificate, is said with its place", async () => {
  for (const name of ["keys/missing.pem", "keys/empty.pem"])
    await expect(certificatesOf(name)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/^custody\.certificate can't be used: /),
    });
  await expect(certificatesOf("keys/missing.pem")).rejects.toThrow(
    `${join(folder.path, "keys/missing.pem")} can't be read`,
  );
});
