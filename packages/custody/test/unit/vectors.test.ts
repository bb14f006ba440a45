import { createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  canonicalJson,
  contentsOf,
  digestLine,
  digestOf,
  firstHead,
  isSignedBy,
  keyIdOf,
  type ListName,
  leafHash,
  MerkleTree,
  nextHead,
  type ReceiptLine,
  readSeal,
  receiptLine,
  rootOf,
  type Seal,
  saltsOf,
  writeSeal,
} from "../../src/index.ts";
import { digestOfList } from "../digest-of-list.ts";

// The vectors of the format's design, computed by another program.

const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
const salt = saltsOf(secret);

const locked: ReceiptLine = {
  error: "SOURCE_UNREADABLE",
  folder: 1,
  modified_at: "2026-11-01T08:00:00.000Z",
  path: "locked.docx",
  salt: salt("1/locked.docx"),
  size: 4096,
  source: "/evidence/1001",
  state: "waived",
  vendor: "kongur",
  waived_at: "2026-11-30T01:01:00.000Z",
  waived_by: "李雷",
  waived_why: "Privileged",
};
const pipe: ReceiptLine = {
  folder: 1,
  path: "pipe",
  salt: salt("1/pipe"),
  size: 0,
  skipped_as: "fifo",
  source: "/evidence/1001",
  state: "skipped",
  vendor: "kongur",
};
const signed: ReceiptLine = {
  bucket: "evidence",
  crc64: "3231342946509354535",
  endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
  etag: '"900150983CD24FB0D6963F7D28E17F72"',
  folder: 1,
  key: "suit/1001/合同/100% 签字.txt",
  lease_id: "k-1",
  modified_at: "2026-11-01T08:00:00.123Z",
  path: "合同/100% 签字.txt",
  request_id: "5374A2880232A65C2300ABCD",
  salt: salt("1/合同/100% 签字.txt"),
  sha256: digestOf("abc"),
  size: 3,
  source: "/evidence/1001",
  state: "stored",
  stored_at: "2026-11-30T01:00:00.000Z",
  vendor: "kongur",
  worker: 1,
};
const receipts = [locked, pipe, signed].map(receiptLine);

const acts = [
  { act_id: 1, at: "2026-11-30T00:59:59.000Z", salt: salt("act 1"), what: "create", who: "韩梅梅" },
  {
    act_id: 2,
    at: "2026-11-30T01:01:00.000Z",
    files: 1,
    salt: salt("act 2"),
    what: "waive",
    who: "李雷",
    why: "Privileged",
  },
].map(canonicalJson);
const importJson = canonicalJson({
  import_id: "0193b1c2-6f00-7000-8000-000000000001",
  created_at: "2026-11-30T00:59:59.000Z",
  entrust_id: "E-77",
  suit_ids: ["1001"],
  folders: [
    {
      folder: 1,
      vendor: "kongur",
      selector: { suit_id: "1001" },
      source: { type: "directory", path: "/evidence/1001" },
    },
  ],
  workers: [{ worker: 1, host: "worker-a", version: "exhibit 0.2.0, node 24.21.0" }],
  salt: salt("import"),
});

const digests: Record<ListName, string> = {
  "acts.ndjson": digestOfList(acts),
  "import.json": digestOfList([importJson]),
  "incidents.ndjson": digestOfList([]),
  "receipts.ndjson": digestOfList(receipts),
  "sha256sum.txt": digestOfList([digestLine(digestOf("abc"), "data/1/合同/100% 签字.txt")]),
};

const register = "exhibit.example/0193b1c2";
const seal: Seal = {
  register,
  number: 1,
  headBefore: "7cb5859545288d3de6cd5f7fd94482385db4704fdc99a3320ebbc95ebf3f76a6",
  importId: "0193b1c2-6f00-7000-8000-000000000001",
  outcome: "sealed",
  createdAt: "2026-11-30T00:59:59.000Z",
  sealedAt: "2026-11-30T01:02:00.000Z",
  files: 2,
  bytes: 4099,
  stored: 1,
  identical: 0,
  waived: 1,
  skipped: 1,
  leaves: 3,
  root: "24c84b69a7fe97d062dc01224afed051f9c6a1e8411504eecd3303405b8230ce",
  contents: "1ca46e7a8abb8175d62e372c7daf8447bfc89aaf1f3dca2283311d4b13da4a65",
  key: "5a7a78cca4a0f420d9bc62bb669c3c2759e39f723d3ae10dcbe0f0815a07ecd4",
  madeBy: "exhibit 0.2.0",
};

/** The public key of RFC 6979, A.2.5. */
const publicPem = createPublicKey({
  format: "jwk",
  key: {
    kty: "EC",
    crv: "P-256",
    x: coordinate("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
    y: coordinate("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
  },
})
  .export({ type: "spki", format: "pem" })
  .toString();

function coordinate(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64url");
}

describe("lists", () => {
  test("each line is canonical JSON, and has its salt", () => {
    expect(receipts[1]).toBe(
      '{"folder":1,"path":"pipe","salt":"a5da7fd4037e396131d3fa5d2c39d561","size":0,"skipped_as":"fifo","source":"/evidence/1001","state":"skipped","vendor":"kongur"}',
    );
    expect(locked.salt).toBe("f73b83c54b49799068e2d5862f0048c3");
    expect(signed.salt).toBe("966e31be6ecd53d6726dec20e94ad2a8");
    expect(acts[0]).toContain('"salt":"cf6d8bc2b6d4a531e0ba4f77df1a8000"');
    expect(importJson).toContain('"salt":"a0565ff93e683c77b387dda2099ff62a"');
    expect(receipts).toEqual([locked, pipe, signed].map((line) => canonicalJson({ ...line })));
  });

  test("their digests, and that of contents.txt", () => {
    expect(digests).toEqual({
      "acts.ndjson": "21eb56302c538e02e797160101458e5d1ac5ba980d3f021c0a9929e55ad25c10",
      "import.json": "1e1c6938640e9702f5bb5df83d041706e58312588baa2311242652d1733275da",
      "incidents.ndjson": digestOf(""),
      "receipts.ndjson": "d49b47b0b1a5b3df156141444c4e97b5c069eae58cce8ef8753b79946d7ade03",
      "sha256sum.txt": "6df576018fc9ca965f3a8e2532fec4e417f46841533f95962c606a1ea380156a",
    });
    expect(digestOf(contentsOf(digests))).toBe(seal.contents);
  });
});

describe("the tree", () => {
  test("leaves and root of the three receipts, by SHA-256 and by SM3", () => {
    expect(receipts.map((line) => leafHash(line))).toEqual([
      "2451cdc42d24b937bbd23650935aa52a33aa5c33ba102404bde1fef2c4e2983a",
      "e3561e3209c7888f5074033ff7f47b32371f21cb25d2d21c4429c22ef0a8473b",
      "745580ef1f3ad4ca9c6750161350a3a37042a4f2d9b740a86b9581918b1bacbc",
    ]);
    expect(rootOf(receipts.map((line) => leafHash(line)))).toBe(seal.root);
    expect(
      rootOf(
        receipts.map((line) => leafHash(line, "sm3")),
        "sm3",
      ),
    ).toBe("a2901e91d2004c5de2f1845329c90c1d8387e9a0084aee36823705a6741fda1a");
  });

  test("the roots of RFC 6962's eight leaves, in their order", () => {
    const tree = new MerkleTree();
    const roots = rfc6962.leaves.map((hex) => {
      const before = tree.root();
      tree.add(digestOf(Buffer.concat([Buffer.of(0), Buffer.from(hex, "hex")])));
      return before;
    });
    expect([...roots, tree.root()]).toEqual(rfc6962.roots);
  });
});

describe("the seal", () => {
  test("its text has the known digest, and reads as what was written", () => {
    expect(digestOf(writeSeal(seal))).toBe(
      "f4b7872ed58afb66f3d3826a107159546a9917f0320935d0c1f84221c7a7d5cc",
    );
    expect(readSeal(writeSeal(seal))).toEqual(seal);
  });

  test("the register's heads before and after it", () => {
    expect(firstHead(register)).toBe(seal.headBefore);
    expect(nextHead(seal.headBefore, digestOf(writeSeal(seal)))).toBe(
      "3225c00f06e070aee375c2e835e60929d4fbb743a9c18bbd1a50e28c0fc6d70a",
    );
  });

  test("its signature holds, and that of a changed text doesn't", () => {
    const signature = Buffer.from(
      "MEUCIGi3f0xqMGJyRXA6TPDnEgwcdWJEV7zdN/ql2tiwbuNZAiEA4FWIa0mWgQsbNw0uDuuvZQd3yAmn0EJ+4kLYll3hyho=",
      "base64",
    );
    expect(keyIdOf(publicPem)).toBe(seal.key);
    expect(isSignedBy(publicPem, writeSeal(seal), signature)).toBe(true);
    expect(isSignedBy(publicPem, writeSeal({ ...seal, files: 3 }), signature)).toBe(false);
  });
});

const rfc6962 = {
  leaves: [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ],
  roots: [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ],
};
