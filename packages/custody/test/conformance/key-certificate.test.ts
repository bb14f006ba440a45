import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  certificateOf,
  checkBag,
  type Finding,
  pemSigner,
  readCertificates,
  type Signer,
  writeBag,
} from "../../src/index.ts";
import { partsOf } from "../bags.ts";

const run = promisify(execFile);

let scratch: string;
let signer: Signer;
/** An authority's certificate, and that of the key which it vouches for. */
let ca: string;
let own: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "certificate-"));
  const openssl = (line: string) => run("openssl", line.split(" "), { cwd: scratch });
  const ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
  await openssl(`req -x509 ${ec} -keyout ca.key -out ca.pem -subj /CN=Licensed -days 9`);
  await openssl(`req -new ${ec} -keyout own.key -out own.csr -subj /CN=Firm`);
  await openssl(
    "x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out own.pem -days 9",
  );
  const read = (name: string) => readFile(join(scratch, name), "utf8");
  [ca, own] = await Promise.all([read("ca.pem"), read("own.pem")]);
  signer = pemSigner(await read("own.key")) as Signer;
});
afterAll(() => rm(scratch, { recursive: true }));

test("A key's certificate comes with those of its issuers, whatever the order they are given in", () => {
  const all = readCertificates(ca + own);
  if (typeof all === "string") throw new Error(all);
  expect(certificateOf(all, signer.id)).toBe(own + ca);
  expect(certificateOf(all, "0".repeat(64))).toBeUndefined();
  expect(readCertificates("none")).toBe("it has no certificate in PEM");
});

test("A bag's certificate has to be that of the seal's key", async () => {
  const findingsOf = async (certificate: string) => {
    const bag = join(scratch, "bag");
    await mkdir(bag);
    const parts = { ...(await partsOf([], signer)), others: { "certificate.pem": certificate } };
    await writeBag(bag, parts, { names: "portable", info: {}, at: new Date("2026-12-01") });
    const found: Finding[] = [];
    await checkBag(bag, (finding) => found.push(finding));
    await rm(bag, { recursive: true });
    return found.map(({ where, what }) => `${where} ${what}`);
  };
  expect(await findingsOf(own + ca)).toEqual([]);
  expect(await findingsOf(ca)).toEqual([
    "seal/certificate.pem isn't the certificate of the seal's key",
  ]);
  expect(await findingsOf("none")).toEqual([expect.stringContaining("can't be used")]);
});
