import { renameSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listFolders } from "../../src/index.ts";
import { makeTree, type Tree } from "./tree.ts";

/** Below `roots` may be read; `outside` lies beside it. */
let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
  await mkdir(tree.at("roots/E-1/1001/deep"), { recursive: true });
  await mkdir(tree.at("roots/E-2"), { recursive: true });
  await mkdir(tree.at("outside/secret"), { recursive: true });
  await writeFile(tree.at("roots/E-1/a.pdf"), "a");
  await writeFile(tree.at("roots/E-1/1001/b.pdf"), "b");
});
afterEach(() => tree.remove());

interface Asked {
  limit?: number;
  after?: string;
  limits?: readonly string[];
  dataDir?: string;
}

function list(path?: string, { limit = 100, after, limits, dataDir }: Asked = {}) {
  const policy = { roots: [tree.at("roots")], limits, dataDir };
  return listFolders({ path, limit, after }, policy);
}

async function namesIn(path?: string, asked: Asked = {}) {
  return (await list(path, asked)).items.map(({ name }) => name);
}

describe("The folders below a folder", () => {
  it("are listed by name, each with what is right in it", async () => {
    expect(await list(tree.at("roots"))).toEqual({
      path: tree.at("roots"),
      items: [
        {
          ...{ path: tree.at("roots/E-1"), name: "E-1" },
          ...{ files: 1, folders: 1, counted_all: true },
        },
        {
          ...{ path: tree.at("roots/E-2"), name: "E-2" },
          ...{ files: 0, folders: 0, counted_all: true },
        },
      ],
      ...{ next: null, complete: true, unnamed: 0 },
    });
    expect(await namesIn(tree.at("roots/E-1"))).toEqual(["1001"]);
  });

  it("come in pages that repeat and miss none", async () => {
    for (let n = 0; n < 7; n += 1) await mkdir(tree.at(`roots/E-2/${n}`));
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await list(tree.at("roots/E-2"), { limit: 3, ...(after && { after }) });
      names.push(...page.items.map(({ name }) => name));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(names).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  });

  it("begin with the roots, narrowed by the limits of whoever asks", async () => {
    expect(await namesIn()).toEqual([tree.at("roots")]);
    expect(await namesIn(undefined, { limits: [tree.at("roots/E-1"), "/elsewhere"] })).toEqual([
      tree.at("roots/E-1"),
    ]);
  });

  it("are counted up to a thousand entries each", async () => {
    for (let n = 0; n < 1001; n += 1) await writeFile(tree.at(`roots/E-2/${n}`), "");
    const { items } = await list(tree.at("roots"));
    expect(items[1]).toMatchObject({ files: 1000, counted_all: false });
  });

  it("whose names aren't UTF-8 are counted, not named", async () => {
    await mkdir(Buffer.concat([Buffer.from(tree.at("roots/E-2/")), Buffer.of(0xba, 0xcf)]));
    expect(await list(tree.at("roots/E-2"))).toMatchObject({ items: [], unnamed: 1 });
  });

  it("don't include Exhibit's own data", async () => {
    expect(await namesIn(tree.at("roots"), { dataDir: tree.at("roots/E-2") })).toEqual(["E-1"]);
  });
});

describe("Nothing outside of what may be read is told", () => {
  it.each([
    ["/"],
    [".."],
    ["outside"],
    ["roots/../outside"],
    ["roots/E-1/../../outside"],
    ["roots2"],
  ])("by a path: %s", async (path) => {
    const asked = path.startsWith("/") ? path : tree.at("roots").replace(/roots$/, path);
    await expect(list(asked)).rejects.toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
  });

  it("by a relative path", async () => {
    await expect(list("roots/E-1")).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  });

  it("to somebody whose limits are elsewhere, nor what lies above the limits", async () => {
    const limits = [tree.at("roots/E-1")];
    for (const path of ["roots", "roots/E-2", "roots/E-1/../E-2"]) {
      await expect(list(`${tree.root}/${path}`, { limits })).rejects.toMatchObject({
        code: "SOURCE_OUTSIDE_ROOTS",
        message: expect.not.stringContaining(`${tree.at("roots")},`),
      });
    }
    expect(await namesIn(tree.at("roots/E-1"), { limits })).toEqual(["1001"]);
  });

  it("by a symbolic link, whether or not anything is there", async () => {
    await symlink(tree.at("outside"), tree.at("roots/E-1/link"));
    await symlink(tree.at("nowhere"), tree.at("roots/E-1/broken"));
    await symlink(tree.at("roots/E-2"), tree.at("roots/E-1/inside"));
    expect(await namesIn(tree.at("roots/E-1"))).toEqual(["1001"]);
    const sentences = new Set<string>();
    for (const name of ["link", "link/secret", "link/none", "broken", "broken/x"]) {
      const path = tree.at("roots/E-1", name);
      const thrown = await list(path).catch((error: Error) => error);
      expect(thrown).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
      sentences.add((thrown as Error).message.replace(path, "PATH"));
    }
    expect(sentences.size).toBe(1);
  });

  it("by a link that leads to another's folder", async () => {
    await mkdir(tree.at("roots/E-2/secret"));
    await symlink(tree.at("roots/E-2"), tree.at("roots/E-1/link"));
    const limits = [tree.at("roots/E-1")];
    await expect(list(tree.at("roots/E-1/link"), { limits })).rejects.toMatchObject({
      code: "SOURCE_OUTSIDE_ROOTS",
    });
  });

  it("while a folder and a link are swapped again and again", async () => {
    // The folder above the one that is listed: O_NOFOLLOW alone doesn't see that.
    await mkdir(tree.at("roots/E-1/swapped/below/own"), { recursive: true });
    await mkdir(tree.at("outside/below/secret"), { recursive: true });
    await symlink(tree.at("outside"), tree.at("roots/E-1/other"));
    const [swapped, kept, other] = ["swapped", "kept", "other"].map((name) =>
      tree.at("roots/E-1", name),
    ) as [string, string, string];
    let [isOver, isLink] = [false, false];
    const swapping = (async () => {
      while (!isOver || isLink) {
        // Both steps at once, so that nothing is missing for long.
        renameSync(swapped, isLink ? other : kept);
        renameSync(isLink ? kept : other, swapped);
        isLink = !isLink;
        for (let wait = Math.random() * 8; wait > 0; wait -= 1) await setImmediate();
      }
    })();
    const seen = new Set<string>();
    for (let times = 0; times < 300; times += 1) {
      const names = await namesIn(tree.at("roots/E-1/swapped/below")).catch(() => []);
      for (const name of names) seen.add(name);
    }
    isOver = true;
    await swapping;
    expect([...seen]).toEqual(["own"]);
  });
});
