import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileView, ImportView } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anyEngine, directory, type System, startSystem } from "../../support/system.ts";

/** 合同 and 证据 in GBK. The last two bytes of the first are also a character in UTF-8. */
const CONTRACT = "\\xba\\xcf\\xcd\\xac";
const EVIDENCE = "\\xd6\\xa4\\xbe\\xdd";

/** What lies on the disk, `\xff` for a byte, and the text that it is in GBK; each file's content is its name here. */
const tree: Record<string, string> = {
  [`${CONTRACT}.pdf`]: "合同.pdf",
  [`${EVIDENCE}/${CONTRACT}.pdf`]: "证据/合同.pdf",
  [`${EVIDENCE}/卷/${CONTRACT}/1.pdf`]: "证据/卷/合同/1.pdf",
  [`卷/${CONTRACT}.pdf`]: "卷/合同.pdf",
  "plain.pdf": "plain.pdf",
};

describe.each(anyEngine)("Names that aren't UTF-8 (%s)", (kind) => {
  let system: System;
  let source: string;

  beforeEach(async () => {
    system = await startSystem(kind);
    source = join(system.root, "1001");
    for (const path of Object.keys(tree)) await write(path);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  function raw(path: string): Buffer {
    const parts = join(source, path).split(/\\x([0-9a-f]{2})/);
    return Buffer.concat(
      parts.map((part, index) => Buffer.from(part, index % 2 === 1 ? "hex" : "utf8")),
    );
  }

  async function write(path: string, content = path): Promise<void> {
    await mkdir(raw(dirname(path)), { recursive: true });
    await writeFile(raw(path), content);
  }

  function request(more = {}) {
    const folder = directory("kongur", { suit_id: "1001" }, source);
    const folders = [{ ...folder, source: { ...folder.source, ...more } }];
    return { entrust_id: "E-77", suit_ids: ["1001"], folders };
  }

  async function act(view: ImportView, what: string, body = {}): Promise<ImportView> {
    const { status } = await system.post(`/v1/imports/${view.import_id}/${what}`, body);
    expect(status).toBe(202);
    return await system.rest(view.import_id);
  }

  const filesOf = async ({ import_id }: ImportView) =>
    new Map((await system.files(import_id)).map((file) => [file.raw_path ?? file.path, file]));

  async function outcomes(view: ImportView): Promise<Record<string, string>> {
    const outcome = ({ path, state, error }: FileView) => `${path}: ${error?.code ?? state}`;
    return Object.fromEntries(
      [...(await filesOf(view))].map(([name, file]) => [name, outcome(file)]),
    );
  }

  async function expectObject(key: string, content: string): Promise<void> {
    const object = system.sandbox.objectPath("evidence", `kongur/E-77/suits/1001/${key}`);
    expect(await readFile(object, "utf8"), key).toBe(content);
  }

  test("are refused by their bytes with a reading beside them, a folder with what lies below it; renamed they arrive", async () => {
    // Written as one of them is shown, and still another file.
    await writeFile(join(source, "\\xba.pdf"), "its name has a backslash");
    await write("\\xba.pdf");
    const view = await system.run(request());
    expect(await outcomes(view)).toMatchObject({
      [`${CONTRACT}.pdf`]: `${CONTRACT}.pdf: NAME_INVALID`,
      [EVIDENCE]: `${EVIDENCE}: NAME_INVALID`,
      [`卷/${CONTRACT}.pdf`]: `卷/${CONTRACT}.pdf: NAME_INVALID`,
      "plain.pdf": "plain.pdf: stored",
    });
    const files = await system.files(view.import_id);
    expect(files.filter(({ path }) => path === "\\xba.pdf")).toMatchObject([
      { state: "failed", raw_path: "\\xba.pdf" },
      { state: "stored", raw_path: null },
    ]);
    const folder = (await filesOf(view)).get(EVIDENCE);
    expect(folder).toMatchObject({ is_folder: true, stands_for: 2 });
    expect(folder?.error?.message).toMatch(
      /^The name of the folder \\xd6\\xa4\\xbe\\xdd \(as GB18030: 证据\) isn't UTF-8\. Not imported with it: 2 files, \d+ bytes\.$/,
    );
    expect(view.errors).toMatchObject([
      { code: "NAME_INVALID", files: 4, folders: 1, stands_for: 2 },
    ]);

    await rename(raw(EVIDENCE), raw("证据"));
    await rename(raw(`证据/${CONTRACT}.pdf`), raw("证据/合同.pdf"));
    const again = await act(view, "retry");
    expect(await outcomes(again)).toMatchObject({
      [EVIDENCE]: `${EVIDENCE}: SOURCE_NOT_FOUND`,
      "证据/合同.pdf": "证据/合同.pdf: stored",
      [`证据/卷/${CONTRACT}`]: `证据/卷/${CONTRACT}: NAME_INVALID`,
    });
    await expectObject("证据/合同.pdf", `${EVIDENCE}/${CONTRACT}.pdf`);
    expect(await act(again, "waive", { why: "renamed" })).toMatchObject({ status: "sealed" });
  });

  test("are taken as text where the source says what they are in, byte for byte and on the record", async () => {
    const large = `${CONTRACT}/\\xc2\\xbc\\xcf\\xf1.bin`;
    await write(large, "0123456789".repeat(800_000));
    const view = await system.run(request({ names: "gb18030" }));
    expect(view).toMatchObject({ status: "sealed", stored: 6, failed: 0, errors: [] });
    for (const [path, text] of Object.entries(tree)) await expectObject(text, path);
    await expectObject("合同/录像.bin", "0123456789".repeat(800_000));

    const files = await system.files(view.import_id);
    for (const file of files) {
      expect(file.key).toBe(`kongur/E-77/suits/1001/${file.path}`);
      const content = await readFile(raw(file.raw_path ?? file.path));
      expect(content.length).toBe(file.size);
    }
    expect(files.map(({ path }) => path).sort()).toEqual(
      [...Object.values(tree), "合同/录像.bin"].sort(),
    );
    const [folder] = await system.folders(view.import_id);
    expect(folder?.source).toMatchObject({ names: "gb18030" });

    expect(await system.run(request({ names: "gb18030" }))).toMatchObject({
      ...{ status: "sealed", stored: 0, identical: 6 },
    });
    await rm(raw(`${EVIDENCE}/${CONTRACT}.pdf`));
    const { warnings } = await system.run(request({ names: "gb18030" }));
    expect(warnings[0]?.message).toContain('such as "证据/合同.pdf".');
  });

  test("don't take the key of another file, and what isn't of the encoding is refused", async () => {
    await write("合同.pdf", "its name is UTF-8");
    // Two ways to write a euro sign.
    await write("\\x80", "short");
    await write("\\xa2\\xe3", "long");
    await write("\\xff/in", "lost");
    const view = await system.run(request({ names: "gb18030" }));
    expect(view).toMatchObject({ status: "attention", failed: 3 });
    const taken = await outcomes(view);
    expect(taken).toMatchObject({
      [`${CONTRACT}.pdf`]: "合同.pdf: KEY_TAKEN",
      "合同.pdf": "合同.pdf: stored",
      "\\xff": "\\xff: NAME_INVALID",
    });
    expect([taken["\\x80"], taken["\\xa2\\xe3"]].sort()).toEqual(["€: KEY_TAKEN", "€: stored"]);
    const file = (await filesOf(view)).get(`${CONTRACT}.pdf`);
    expect(file?.error?.message).toBe(
      `"${CONTRACT}.pdf" would get the key of "合同.pdf": read as text, they are one name.`,
    );
    await expectObject("合同.pdf", "its name is UTF-8");

    await rename(raw(`${CONTRACT}.pdf`), raw(`${CONTRACT}-2.pdf`));
    const again = await act(view, "retry");
    expect(await outcomes(again)).toMatchObject({
      [`${CONTRACT}.pdf`]: "合同.pdf: SOURCE_NOT_FOUND",
      [`${CONTRACT}-2.pdf`]: "合同-2.pdf: stored",
    });
    await expectObject("合同-2.pdf", `${CONTRACT}.pdf`);
    const gone = (await filesOf(again)).get(`${CONTRACT}.pdf`);
    expect(gone?.error?.message).toMatch(/^合同\.pdf wasn't there any more /);
  });
});
