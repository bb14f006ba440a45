import { join } from "node:path";
import { linesOf } from "../bag/lines-of.ts";
import { readManifestLine } from "../bag/manifest.ts";
import { isInside } from "../bag/names.ts";
import { digestFile, entriesBelow } from "../bag/payload.ts";
import type { ExpectedFile } from "./check-lists.ts";
import type { Report } from "./finding.ts";
import { NAMES_AT_ONCE, NameSum, shareOf } from "./name-sum.ts";

/** How many files are read at once. */
const FILES_AT_ONCE = 16;

/** Checks files as they are expected, and counts those that aren't there but can be fetched. */
export class PayloadCheck {
  readonly #bag: string;
  readonly #report: Report;
  readonly #expected = new NameSum();
  #batch: ExpectedFile[] = [];
  notFetched = 0;

  constructor(bag: string, report: Report) {
    this.#bag = bag;
    this.#report = report;
  }

  async add(file: ExpectedFile): Promise<void> {
    this.#batch.push(file);
    if (this.#batch.length >= FILES_AT_ONCE) await this.#checkBatch();
  }

  /** Checks the last ones, and that nothing else lies in `data`. */
  async end(): Promise<void> {
    await this.#checkBatch();
    const found = new NameSum();
    for await (const { path, isFile } of entriesBelow(this.#bag, "data")) {
      if (isFile) found.add(path);
      else this.#report({ where: path, what: "is neither a file nor a folder" });
    }
    if (!found.equals(this.#expected)) await reportExtras(this.#bag, found.count, this.#report);
  }

  async #checkBatch(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    const read = await Promise.all(
      batch.map(({ path }) => (isInside(path) ? digestFile(join(this.#bag, path)) : undefined)),
    );
    for (const [index, file] of batch.entries()) {
      const found = read[index];
      if (found) this.#expected.add(file.path);
      if (found === undefined && file.canBeFetched) this.notFetched += 1;
      else if (found === undefined) this.#report({ where: file.path, what: "is missing" });
      else if (found.size !== file.size)
        this.#report({ where: file.path, what: `has ${found.size} bytes instead of ${file.size}` });
      else if (found.sha256 !== file.sha256)
        this.#report({ where: file.path, what: "has other bytes than its receipt says" });
    }
  }
}

/** Names the files that no manifest has, holding the names of a share of all at a time. */
async function reportExtras(bag: string, count: number, report: Report): Promise<void> {
  const shares = Math.ceil(Math.max(count, 1) / NAMES_AT_ONCE);
  for (let share = 0; share < shares; share += 1) {
    const listed = await namesListed(bag, (path) => shareOf(path, shares) === share, report);
    for await (const { path, isFile } of entriesBelow(bag, "data")) {
      if (isFile && shareOf(path, shares) === share && !listed.has(path))
        report({ where: path, what: "isn't in manifest-sha256.txt" });
    }
  }
}

/** Returns the names in the manifest that are asked for; one that is there twice is reported. */
async function namesListed(
  bag: string,
  isWanted: (path: string) => boolean,
  report: Report,
): Promise<Set<string>> {
  const where = "manifest-sha256.txt";
  const listed = new Set<string>();
  let line = 0;
  for await (const text of linesOf(join(bag, where))) {
    line += 1;
    const path = readManifestLine(text)?.path;
    if (path === undefined || !isWanted(path)) continue;
    if (listed.has(path)) report({ where, line, what: `names ${path} a second time` });
    listed.add(path);
  }
  return listed;
}
