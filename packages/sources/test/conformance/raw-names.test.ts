import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import type { Source } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceEntry } from "../../src/index.ts";
import { failure, readAll } from "../../src/testing/index.ts";
import { asNobody, makeTree, openSource, type Tree } from "./tree.ts";

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
  await mkdir(tree.at("source"));
});
afterEach(() => tree.remove());

/** 合同 in GBK. Its last two bytes are also a character in UTF-8. */
const CONTRACT = "\\xba\\xcf\\xcd\\xac";

/** Returns the bytes of a path below the tree: `\xff` stands for a byte, the rest is UTF-8. */
function raw(path: string): Buffer {
  const parts = tree.at(path).split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 ? Buffer.from(part, "hex") : Buffer.from(part))),
  );
}

async function write(path: string, content = path): Promise<void> {
  const at = raw(`source/${path}`);
  await mkdir(at.subarray(0, at.lastIndexOf("/")), { recursive: true });
  await writeFile(at, content);
}

type Options = Omit<Extract<Source, { type: "directory" }>, "type" | "path">;

const open = (options: Options = {}, path = tree.at("source")) =>
  openSource({ type: "directory", path, ...options }, [tree.root]);

async function walk(options?: Options, path?: string): Promise<SourceEntry[]> {
  const entries = [];
  for await (const entry of (await open(options, path)).walk({})) entries.push(entry);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function contentOf(path: string, options?: Options): Promise<string> {
  const file = await (await open(options)).open({ path }, undefined);
  const { bytes } = await readAll(file);
  await file[Symbol.asyncDispose]();
  return bytes.toString();
}

describe("A source whose names must be UTF-8", () => {
  it("names a refused file by its bytes, and skips anything else whatever its name", async () => {
    await write(`${CONTRACT}.pdf`);
    await symlink("x", raw(`source/${CONTRACT}`));
    expect(await walk()).toMatchObject([
      { kind: "skipped", path: `./${CONTRACT}`, reason: "symlink" },
      {
        ...{ kind: "faulty", path: `./${CONTRACT}.pdf` },
        error: {
          code: "NAME_INVALID",
          message: `The name ${CONTRACT}.pdf (as GB18030: 合同.pdf) isn't UTF-8.`,
        },
      },
    ]);
    expect((await walk())[1]).not.toHaveProperty("folder");
  });

  it("refuses a folder in one entry, which says how much lies below it", async () => {
    await write("taken", "1");
    await mkdir(raw(`source/${CONTRACT}/empty`), { recursive: true });
    await write(`${CONTRACT}/a`, "1");
    await write(`${CONTRACT}/${CONTRACT}`, "22");
    await write(`${CONTRACT}/\\xff/in/deep`, "333");
    await symlink("a", raw(`source/${CONTRACT}/link`));
    for (let index = 0; index < 200; index++) await write(`${CONTRACT}/many/${index}`, "4444");
    expect(await walk()).toMatchObject([
      {
        ...{ kind: "faulty", path: `./${CONTRACT}`, folder: { files: 203 } },
        error: {
          code: "NAME_INVALID",
          message:
            `The name of the folder ${CONTRACT} (as GB18030: 合同) isn't UTF-8. ` +
            "Not imported with it: 203 files, 806 bytes.",
        },
      },
      { kind: "file", path: "taken" },
    ]);
  });

  it("says that more may lie below a folder when not all of it could be looked at", async () => {
    await write(`${CONTRACT}/a`, "1");
    await write(`${CONTRACT}/closed/b`, "1");
    await write("\\xff/c", "1");
    await chmod(tree.root, 0o755);
    await chmod(raw(`source/${CONTRACT}/closed`), 0);
    await chmod(raw("source/\\xff"), 0);
    const message = (least: string) => ({
      folder: { files: null },
      error: { message: expect.stringContaining(`at least ${least}; not all of it`) },
    });
    expect(await asNobody(() => walk())).toMatchObject([
      message("1 file, 1 byte"),
      message("0 files, 0 bytes"),
    ]);
  });

  it("takes what lies behind a link whose own name is UTF-8, even if that link is the source", async () => {
    await mkdir(raw(`${CONTRACT}/sub`), { recursive: true });
    await writeFile(raw(`${CONTRACT}/sub/file`), "behind");
    await symlink(raw(CONTRACT), raw("source/link"));
    expect(await walk({ follow_symlinks: true })).toMatchObject([
      { kind: "file", path: "link/sub/file" },
    ]);
    expect(await contentOf("link/sub/file", { follow_symlinks: true })).toBe("behind");
    expect(await walk({}, tree.at("source/link"))).toMatchObject([
      { kind: "file", path: "sub/file" },
    ]);
  });
});

describe("A source whose names are read as GB18030 where they aren't UTF-8", () => {
  const names = { names: "gb18030" } as const;

  it("yields files that are read by their bytes, and refuses names that aren't GB18030 either", async () => {
    await write(`${CONTRACT}/\\xff/lost`);
    const paths = [
      `./${CONTRACT}.pdf`,
      `./${CONTRACT}/证据/${CONTRACT}.pdf`,
      `./a\\\\b/${CONTRACT}`,
      "合同.pdf",
      "a\\b/c",
    ];
    for (const path of paths) await write(path.replace("./", "").replace("\\\\", "\\"), path);
    const entries = await walk(names);
    expect(entries.filter(({ kind }) => kind === "file").map(({ path }) => path)).toEqual(
      [...paths].sort(),
    );
    for (const path of paths) expect(await contentOf(path, names)).toBe(path);
    expect(entries.filter(({ kind }) => kind !== "file")).toMatchObject([
      {
        ...{ kind: "faulty", path: `./${CONTRACT}/\\xff`, folder: { files: 1 } },
        error: { message: expect.stringContaining("neither UTF-8 nor GB18030") },
      },
    ]);
    const source = await open(names);
    expect(await source.isFolder(`./${CONTRACT}/证据`)).toBe(true);
    expect(await source.isFolder(`./${CONTRACT}.pdf`)).toBe(false);
  });

  it("follows links, and opens nothing that was put in the place of a file or folder", async () => {
    await write(`${CONTRACT}/file`);
    await symlink(raw(`source/${CONTRACT}`), raw("source/\\xb5\\xda"));
    const options = { ...names, follow_symlinks: true };
    const behind = "./\\xb5\\xda/file";
    expect((await walk(options)).map(({ path }) => path)).toEqual([behind, `./${CONTRACT}/file`]);
    expect(await contentOf(behind, options)).toBe(`${CONTRACT}/file`);
    expect(await failure(contentOf(behind, names))).toMatchObject({
      code: "SOURCE_CHANGED",
      message: expect.stringContaining("第/file is now behind a symbolic link"),
    });

    await writeFile(tree.at("secret"), "secret");
    await rm(raw(`source/${CONTRACT}/file`));
    await symlink(tree.at("secret"), raw(`source/${CONTRACT}/file`));
    expect(await failure(contentOf(`./${CONTRACT}/file`, names))).toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: "合同/file may not be read (ELOOP).",
    });
    await mkdir(tree.at("elsewhere"));
    await writeFile(tree.at("elsewhere/file"), "secret");
    await rename(raw(`source/${CONTRACT}`), tree.at("away"));
    await symlink(tree.at("elsewhere"), raw(`source/${CONTRACT}`));
    expect(await failure(contentOf(`./${CONTRACT}/file`, names))).toMatchObject({
      code: "SOURCE_OUTSIDE_ROOTS",
    });
  });

  it("opens no path that leads out of the source once it is bytes", async () => {
    await writeFile(tree.at("secret"), "secret");
    for (const path of ["./\\x2e\\x2e/secret", "./a\\x2f..\\x2f../secret", "././x", "./"]) {
      expect(await failure(contentOf(path, names))).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
    }
  });
});
