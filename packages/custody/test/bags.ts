import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type BagOrder,
  type BagParts,
  bagPath,
  canonicalJson,
  contentsOf,
  digestLine,
  digestOf,
  firstHead,
  type ReceiptLine,
  receiptLine,
  type Signer,
  saltsOf,
  writeBag,
  writeSeal,
} from "../src/index.ts";
import { digestOfList } from "./digest-of-list.ts";
import { newSigner, sealOver } from "./seals.ts";

const salt = saltsOf(Buffer.alloc(32, 7));

/** Returns the receipt of a stored file with these bytes. */
export function storedReceipt(path: string, bytes: string): ReceiptLine {
  return {
    ...{ folder: 1, source: "/evidence/1001", vendor: "kongur", state: "stored", path },
    ...{ size: Buffer.byteLength(bytes), salt: salt(`1/${path}`), sha256: digestOf(bytes) },
    ...{ endpoint: "https://oss-cn-hangzhou.aliyuncs.com", bucket: "evidence" },
    ...{ key: `suit/1001/${path}`, stored_at: "2026-11-30T01:00:00.000Z" },
  };
}

const waivedReceipt: ReceiptLine = {
  ...{ folder: 2, source: "/evidence/1002", path: "locked.docx", vendor: "kongur" },
  ...{ state: "waived", size: 4096, salt: salt("2/locked.docx"), error: "SOURCE_UNREADABLE" },
  ...{ waived_at: "2026-11-30T01:01:00.000Z", waived_by: "李雷", waived_why: "Privileged" },
};

/** Returns what a sealed import's bag is made of. */
export async function partsOf(
  receipts: readonly ReceiptLine[],
  signer: Signer = newSigner("ec"),
): Promise<BagParts> {
  const lines = receipts.map(receiptLine);
  const acts = [canonicalJson({ act_id: 1, what: "create", who: "韩梅梅", salt: salt("act 1") })];
  const importJson = [canonicalJson({ import_id: "0193b1c2", salt: salt("import") })];
  const sums = receipts.flatMap(({ sha256, folder, path }) =>
    sha256 === undefined ? [] : [digestLine(sha256, `data/${folder}/${path}`)],
  );
  const contents = contentsOf({
    "acts.ndjson": digestOfList(acts),
    "import.json": digestOfList(importJson),
    "incidents.ndjson": digestOfList([]),
    "receipts.ndjson": digestOfList(lines),
    "sha256sum.txt": digestOfList(sums),
  });
  const stored = sums.length;
  const register = "exhibit.example/0193b1c2";
  const seal = writeSeal(
    sealOver(lines, {
      ...{ register, number: 1, headBefore: firstHead(register), stored },
      ...{ waived: lines.length - stored, contents: digestOf(contents), key: signer.id },
    }),
  );
  return {
    ...{ seal, contents },
    signed: { publicPem: signer.publicPem, signature: await signer.sign(seal) },
    receipts: ended(lines),
    acts: ended(acts),
    incidents: ended([]),
    importJson: `${importJson[0]}\n`,
    register: ended([`1 ${digestOf(seal)}`]),
    others: { "report.html": "<!doctype html>" },
  };
}

async function* ended(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield `${line}\n`;
}

/** Writes a bag into a folder that isn't there, with these files as payload. */
export async function writeBagOf(
  folder: string,
  files: Readonly<Record<string, string>>,
  order: Partial<BagOrder> & { withoutPayload?: true } = {},
): Promise<void> {
  const { withoutPayload, ...rest } = order;
  const whole: BagOrder = { names: "portable", info: {}, at: new Date("2026-12-01"), ...rest };
  const receipts = Object.entries(files).map(([path, bytes]) => storedReceipt(path, bytes));
  await mkdir(folder);
  await writeBag(folder, await partsOf([...receipts, waivedReceipt]), whole);
  if (withoutPayload) return;
  for (const [path, bytes] of Object.entries(files)) {
    if (whole.files?.has(`1/${path}`) === false) continue;
    const place = join(folder, bagPath(storedReceipt(path, ""), whole.names));
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, bytes);
  }
}
