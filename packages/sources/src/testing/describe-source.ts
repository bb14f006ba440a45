import { createHash } from "node:crypto";
import type { Source } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Sources } from "../create-sources.ts";
import { crc64 } from "../digests/crc64.ts";
import type { FileStat, SourceReader } from "../source.ts";
import { collect, failure, readAll } from "./reading.ts";

/** A source of the kind that is tested, empty at first, and what its test can do to it. */
export interface SourceHarness {
  readonly sources: Sources;
  /** The source as a request names it. */
  readonly source: Source;
  /** Puts a file in, or other bytes into one that is there; the file's stat changes with them. */
  write(path: string, content: Uint8Array): Promise<void>;
  /** Puts something in that can't be taken, and returns the path of its entry. */
  spoil(): Promise<string>;
  remove(path: string): Promise<void>;
  /** Returns how many files, folders or connections are open on the source. */
  countOpen(): Promise<number>;
  /** Closes `sources`, and removes everything. */
  stop(): Promise<void>;
}

/** More than are looked at in one go. */
const MANY = 200;
/** Sizes on both sides of what is read in one go, and none of them a multiple of a page. */
const SIZES = [0, 1, 5_000, 1024 * 1024, 1024 * 1024 + 1, 1_600_001];

/** The promises of the port: every kind of source keeps them. */
export function describeSource(kind: string, start: () => Promise<SourceHarness>): void {
  describe(`A source of the kind ${kind}`, () => {
    let harness: SourceHarness;
    let reader: SourceReader;
    beforeEach(async () => {
      harness = await start();
    });
    afterEach(async () => {
      await reader[Symbol.asyncDispose]();
      expect(await harness.countOpen()).toBe(0);
      await harness.stop();
    });

    const open = async () => {
      reader = await harness.sources.open(harness.source, undefined);
      return reader;
    };
    const walk = async () => collect((await open()).walk({}));

    async function writeMany(): Promise<string[]> {
      const paths = Array.from({ length: MANY }, (_, index) =>
        index % 2 === 0 ? `f${index}` : `d${index % 7}/证据 ${index}/f`,
      );
      for (const path of paths) await harness.write(path, Buffer.from(path));
      return paths.sort();
    }

    /** Writes a file and returns what the walk says of it. */
    async function statOf(path: string, content: Uint8Array): Promise<FileStat> {
      await harness.write(path, content);
      const entry = (await walk()).find((each) => each.path === path);
      if (entry?.kind !== "file") throw new Error(`${path} isn't a file of the source.`);
      return { size: entry.size, modifiedAt: entry.modifiedAt };
    }

    /** A kind may open a file only when it is read. */
    async function openAndRead(path: string, expected: FileStat | undefined) {
      const file = await reader.open({ path }, expected);
      try {
        return await readAll(file);
      } finally {
        await file[Symbol.asyncDispose]();
      }
    }

    it("yields every file once, at every depth, with its size, and again in another walk", async () => {
      const paths = await writeMany();
      const expected = paths.map((path) => ({ kind: "file", path, size: Buffer.byteLength(path) }));
      expect(await walk()).toMatchObject(expected);
      expect(await collect(reader.walk({}))).toMatchObject(expected);
      expect(paths.map(reader.nameOf)).toEqual(paths);
    });

    it("yields what can't be taken as an entry that says why, and goes on", async () => {
      await harness.write("before", Buffer.from("1"));
      const path = await harness.spoil();
      await harness.write("behind", Buffer.from("1"));
      const entries = await walk();
      expect(entries.filter((entry) => entry.kind === "file").map((entry) => entry.path)).toEqual([
        "before",
        "behind",
      ]);
      const others = entries.filter((entry) => entry.kind !== "file");
      expect(others).toMatchObject([
        { kind: "faulty", path, error: { code: expect.any(String), message: expect.any(String) } },
      ]);
    });

    it("ends a walk with the reason of whoever stops it, and closes what it had open", async () => {
      await writeMany();
      const controller = new AbortController();
      const cause = new Error("cancelled by a person");
      const stopped = async () => {
        for await (const _ of (await open()).walk({ signal: controller.signal })) {
          controller.abort(cause);
        }
      };
      expect(await failure(stopped())).toMatchObject({ code: "INTERRUPTED", cause });
      expect(await harness.countOpen()).toBe(0);
    });

    it("closes what a walk has open when its consumer leaves early", async () => {
      await writeMany();
      for await (const _ of (await open()).walk({})) break;
      expect(await harness.countOpen()).toBe(0);
    });

    it("tells a folder that a walk went through from a file", async () => {
      await harness.write("folder/file", Buffer.from("1"));
      await open();
      const isFolder = await Promise.all(["folder", "folder/file", "none"].map(reader.isFolder));
      expect(isFolder).toEqual([true, false, false]);
    });

    it.each(SIZES)(
      "reads a file of %i bytes, whole and in pieces, with right digests",
      async (size) => {
        const content = Buffer.alloc(size, "0123456789abcdef!");
        const stat = await statOf("file", content);
        const sha256 = createHash("sha256").update(content).digest();
        const sm3 = createHash("sm3").update(content).digest();
        // Another worker opens it than the one that walked.
        await reader[Symbol.asyncDispose]();
        await open();
        for (const length of [size, 262_144]) {
          const file = await reader.open({ path: "file" }, stat);
          expect(file).toMatchObject(stat);
          const all = await readAll(file, length);
          expect(all.bytes.equals(content)).toBe(true);
          expect(all.sha256).toEqual(sha256);
          expect(all.sm3).toEqual(sm3);
          expect(all.crc64s[0]).toBe(crc64(content.subarray(0, length)));
          await file[Symbol.asyncDispose]();
        }
      },
    );

    it("starts over when it is rewound, in the middle and at the end", async () => {
      const content = Buffer.alloc(5_000, "evidence!");
      const stat = await statOf("file", content);
      for (const expected of [stat, undefined]) {
        const file = await reader.open({ path: "file" }, expected);
        (await file.read(1_000)).release();
        for (const _ of ["from the middle", "from the end"]) {
          await file.rewind();
          const { bytes, sha256 } = await readAll(file, 2_048);
          expect(bytes.equals(content)).toBe(true);
          expect(sha256).toEqual(createHash("sha256").update(content).digest());
        }
        await file[Symbol.asyncDispose]();
      }
    });

    it("closes a file that is disposed of before its end", async () => {
      const stat = await statOf("file", Buffer.alloc(5_000));
      const file = await reader.open({ path: "file" }, stat);
      (await file.read(1_000)).release();
      await file[Symbol.asyncDispose]();
      expect(await harness.countOpen()).toBe(0);
    });

    it("reads hundreds of files at once, each with its own bytes and digests", async () => {
      const paths = Array.from({ length: MANY }, (_, index) => `d${index % 7}/${index}`);
      // Together they are many times what the threads have memory for.
      const contents = new Map(paths.map((path) => [path, Buffer.from(path.repeat(4_000))]));
      for (const [path, content] of contents) await harness.write(path, content);
      await open();
      const stats = new Map<string, FileStat>();
      for (const entry of await collect(reader.walk({}))) {
        if (entry.kind === "file") stats.set(entry.path, entry);
      }
      await Promise.all(
        [...paths, ...paths].map(async (path) => {
          const content = contents.get(path) as Buffer;
          const all = await openAndRead(path, stats.get(path));
          expect(all.bytes.equals(content), path).toBe(true);
          expect(all.crc64s).toEqual([crc64(content)]);
          expect(all.sha256).toEqual(createHash("sha256").update(content).digest());
        }),
      );
    });

    it("refuses a file that has changed since it was walked", async () => {
      const stat = await statOf("file", Buffer.from("before"));
      await harness.write("file", Buffer.from("behind it"));
      expect(await failure(openAndRead("file", stat))).toMatchObject({ code: "SOURCE_CHANGED" });
      expect((await openAndRead("file", undefined)).bytes.toString()).toBe("behind it");
    });

    it("says that a file is gone", async () => {
      const stat = await statOf("file", Buffer.from("evidence"));
      await harness.remove("file");
      for (const expected of [stat, undefined]) {
        expect(await failure(openAndRead("file", expected))).toMatchObject({
          code: "SOURCE_NOT_FOUND",
        });
      }
    });
  });
}
