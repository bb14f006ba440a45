import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, openAuthority } from "@exhibit/sandbox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  checkBag,
  checkKeptStamp,
  digestOf,
  type Finding,
  readTrust,
  stampRequest,
  type Trust,
  writeBag,
  writeStampRequest,
} from "../../src/index.ts";
import { partsOf } from "../bags.ts";

let scratch: string;
let tsa: Authority;
let other: Authority;
let sealText: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "stamped-"));
  tsa = openAuthority({
    dataDir: join(scratch, "tsa"),
    now: () => Date.UTC(2026, 10, 30, 1, 2, 3),
  });
  other = openAuthority({ dataDir: join(scratch, "other"), now: () => Date.now() });
  const parts = await partsOf([]);
  sealText = parts.seal;
  const others = {
    "stamps/tsa.tsr": stampOf(tsa, sealText),
    "stamps/tsa-ca.pem": tsa.ca,
    "stamps/sm2.tsr": stampOf(other, sealText),
  };
  const bag = join(scratch, "bag");
  await mkdir(bag);
  const order = { names: "portable", info: {}, at: new Date("2026-12-01") } as const;
  await writeBag(bag, { ...parts, others }, order);
});
afterAll(() => rm(scratch, { recursive: true }));

function stampOf(authority: Authority, text: string): Buffer {
  return authority.answer(writeStampRequest(stampRequest(text)));
}

function trusted(pem: string): Trust {
  const read = readTrust(pem);
  if (typeof read === "string") throw new Error(read);
  return read;
}

/** Checks a copy of the bag in which files have other bytes; undefined takes one away. */
async function checked(
  authorities: Record<string, Authority>,
  changes: Record<string, string | Buffer | undefined> = {},
) {
  const bag = join(scratch, "copy");
  await cp(join(scratch, "bag"), bag, { recursive: true });
  let tags = await readFile(join(bag, "tagmanifest-sha256.txt"), "utf8");
  for (const [name, bytes] of Object.entries(changes)) {
    const line = new RegExp(`^.{64}  ${name}\n`, "m");
    tags = tags.replace(line, bytes === undefined ? "" : `${digestOf(bytes)}  ${name}\n`);
    if (bytes === undefined) await rm(join(bag, name));
    else await writeFile(join(bag, name), bytes);
  }
  await writeFile(join(bag, "tagmanifest-sha256.txt"), tags);
  const given = Object.entries(authorities).map(([name, { ca }]) => [name, trusted(ca)] as const);
  const found: Finding[] = [];
  const { stamps } = await checkBag(bag, (finding) => found.push(finding), {
    authorities: new Map(given),
  });
  await rm(bag, { recursive: true });
  return { stamps, found: found.map(({ where, what }) => `${where} ${what}`) };
}

describe("A bag's time stamps", () => {
  const at = new Date("2026-11-30T01:02:03.000Z");
  const sm2 = { authority: "sm2", at: undefined, against: "nothing" };

  test("are in order by the certificate that was given, or by the bag's own word", async () => {
    const { stamps, found } = await checked({ tsa });
    expect(found).toEqual([]);
    expect(stamps).toEqual(
      expect.arrayContaining([{ authority: "tsa", at, against: "given" }, sm2]),
    );
    expect((await checked({})).stamps).toContainEqual({ authority: "tsa", at, against: "bag" });
  });

  test("don't count if they lead to another root than the one that was given", async () => {
    const { stamps, found } = await checked({ tsa: other });
    expect(found).toEqual([
      "seal/stamps/tsa.tsr is no stamp of it: its certificate doesn't lead to the configured root",
    ]);
    expect(stamps).toEqual([sm2]);
  });

  test("are missed if their authority's certificate was given", async () => {
    const gone = { "seal/stamps/tsa.tsr": undefined, "seal/stamps/tsa-ca.pem": undefined };
    expect((await checked({ tsa }, gone)).found).toEqual(["seal/stamps/tsa.tsr is missing"]);
    expect((await checked({}, gone)).found).toEqual([]);
  });

  test("have to be of the seal, and tokens at all", async () => {
    const ofOther = { "seal/stamps/tsa.tsr": stampOf(tsa, `${sealText}.`) };
    for (const authorities of [{ tsa }, {}]) {
      expect((await checked(authorities, ofOther)).found).toEqual([
        "seal/stamps/tsa.tsr is no stamp of it: it stamps another digest than was asked for",
      ]);
    }
    const { found } = await checked({}, { "seal/stamps/sm2.tsr": "none" });
    expect(found).toEqual([expect.stringMatching(/^seal\/stamps\/sm2.tsr is no stamp of it/)]);
    const noRoot = await checked({}, { "seal/stamps/tsa-ca.pem": "none" });
    expect(noRoot.found).toEqual([
      expect.stringMatching(/^seal\/stamps\/tsa-ca.pem can't be used/),
    ]);
  });
});

test("A stamp that was kept is checked by whichever digest it names", () => {
  const token = tsa.answer(writeStampRequest(stampRequest(sealText, { digest: "sm3" })));
  expect(checkKeptStamp(token, sealText, trusted(tsa.ca))).toHaveProperty("at");
  expect(checkKeptStamp(token, `${sealText}.`, trusted(tsa.ca))).toHaveProperty("kind");
});
