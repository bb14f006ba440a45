import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureSampleCase, sampleRequest } from "../../../src/up/sample-case/sample-case.ts";

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "exhibit-sample-"));
  await ensureSampleCase(folder);
  files = await filesIn(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== ".complete")
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

async function digestOf(root: string): Promise<string> {
  const digest = createHash("sha256");
  for (const path of await filesIn(root)) {
    const { mtimeMs } = await stat(join(root, path));
    digest.update(`${path}\0${mtimeMs}\0`).update(await readFile(join(root, path)));
  }
  return digest.digest("hex");
}

/** The files whose names end so, with their bytes. */
function contentsOf(ending: string): Promise<Buffer[]> {
  return Promise.all(
    files.filter((path) => path.endsWith(ending)).map((path) => readFile(join(folder, path))),
  );
}

test("names, bytes and times are the same on every machine", async () => {
  expect(await digestOf(folder)).toBe(
    "63e613788175d90c81310ac93b7730564e101545bc84c192daf6146beaf0d20b",
  );
});

test("it has what a real case has", async () => {
  expect(files.length).toBeGreaterThanOrEqual(60);
  expect(files.length).toBeLessThanOrEqual(120);
  const sizes = await Promise.all(files.map(async (path) => (await stat(join(folder, path))).size));
  expect(sizes).toContain(0);
  expect(sizes).toContain(40_000_000);
  expect(files.some((path) => /\p{Script=Han}/u.test(path))).toBe(true);
  expect(files.some((path) => /\p{Extended_Pictographic}/u.test(path))).toBe(true);
  expect(Math.max(...files.map((path) => path.split("/").length))).toBeGreaterThan(6);
  const folders = sampleRequest(folder).folders.map(({ source }) =>
    source.path.slice(folder.length + 1),
  );
  expect(new Set(files.map((path) => path.split("/")[0]))).toEqual(new Set(folders));
});

describe("its files are what their names say", () => {
  test("a PDF's table says where each object begins", async () => {
    const all = await contentsOf(".pdf");
    expect(all.length).toBeGreaterThan(5);
    for (const pdf of all) {
      const text = pdf.toString("latin1");
      expect(text.startsWith("%PDF-1.4\n")).toBe(true);
      const table = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
      expect(text.slice(table, table + 5)).toBe("xref\n");
      const begins = [...text.slice(table).matchAll(/^(\d{10}) 00000 n $/gm)].map((entry) =>
        Number(entry[1]),
      );
      expect(begins).toHaveLength(5);
      begins.forEach((begin, index) => {
        expect(text.slice(begin)).toMatch(new RegExp(`^${index + 1} 0 obj\\n`));
      });
    }
  });

  test("a PNG's chunks have the right sums, and its rows the right length", async () => {
    const all = await contentsOf(".png");
    expect(all.length).toBeGreaterThan(5);
    for (const png of all) {
      const chunks = chunksOf(png);
      expect(chunks.map(({ type }) => type)).toEqual(["IHDR", "IDAT", "IEND"]);
      const [header, data] = chunks.map((chunk) => chunk.data) as [Buffer, Buffer];
      const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
      expect(inflateSync(data)).toHaveLength(height * (1 + width * 3));
    }
  });

  test("a JPEG's segments lead from its begin through the scan to its end", async () => {
    const all = await contentsOf(".jpg");
    expect(all.length).toBeGreaterThan(5);
    for (const jpeg of all) {
      const markers = [];
      let at = 2;
      while (jpeg[at + 1] !== 0xda) {
        expect(jpeg[at]).toBe(0xff);
        markers.push(jpeg[at + 1]);
        at += 2 + jpeg.readUInt16BE(at + 2);
      }
      expect(markers).toEqual([0xe0, 0xdb, 0xc0, 0xc4, 0xc4]);
      const scan = jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2), -2);
      // Inside the scan no byte 0xff stands alone.
      for (let index = scan.indexOf(0xff); index >= 0; index = scan.indexOf(0xff, index + 1)) {
        expect(scan[index + 1]).toBe(0);
      }
      expect(jpeg.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]));
    }
  });

  test("a DOCX is a ZIP whose directory finds its entries, each with the right sum", async () => {
    for (const docx of await contentsOf(".docx")) {
      const end = docx.length - 22;
      expect(docx.readUInt32LE(end)).toBe(0x06054b50);
      let at = docx.readUInt32LE(end + 16);
      for (let entry = 0; entry < docx.readUInt16LE(end + 10); entry += 1) {
        expect(docx.readUInt32LE(at)).toBe(0x02014b50);
        const [sum, size, nameLength, local] = [
          docx.readUInt32LE(at + 16),
          docx.readUInt32LE(at + 20),
          docx.readUInt16LE(at + 28),
          docx.readUInt32LE(at + 42),
        ];
        expect(docx.readUInt32LE(local)).toBe(0x04034b50);
        const data = docx.subarray(local + 30 + nameLength, local + 30 + nameLength + size);
        expect(crc32(data)).toBe(sum);
        at += 46 + nameLength;
      }
      expect(at).toBe(end);
    }
  });

  test("a WAV's header says its length", async () => {
    for (const wav of await contentsOf(".wav")) {
      expect(wav.toString("latin1", 0, 4)).toBe("RIFF");
      expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
      expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
    }
  });
});

test("it is made again only when something of it is missing", async () => {
  const lost = join(folder, files[0] ?? "");
  expect(await ensureSampleCase(folder)).toEqual({ made: false });
  await rm(lost);
  expect(await ensureSampleCase(folder)).toEqual({ made: true });
  await rm(join(folder, ".complete"));
  expect(await ensureSampleCase(folder)).toEqual({ made: true });
  expect(await ensureSampleCase(folder)).toEqual({ made: false });
});

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(named));
    chunks.push({ type: named.toString("latin1", 0, 4), data: named.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}
