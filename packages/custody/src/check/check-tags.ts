import { join } from "node:path";
import { linesOf } from "../bag/lines-of.ts";
import { readManifestLine } from "../bag/manifest.ts";
import { isInside } from "../bag/names.ts";
import { digestFile, entriesBelow } from "../bag/payload.ts";
import type { HexDigest } from "../digest/digest.ts";
import type { Report } from "./finding.ts";

const TAG_MANIFEST = "tagmanifest-sha256.txt";

/**
 * Checks all files of a bag but its payload against their manifest, both ways. Returns the digests of
 * those that are there.
 */
export async function checkTags(bag: string, report: Report): Promise<Map<string, HexDigest>> {
  const listed = await readTagManifest(bag, report);
  const found = new Map<string, HexDigest>();
  for await (const { path, isFile } of tagsOf(bag)) {
    if (!isFile) {
      report({ where: path, what: "is neither a file nor a folder" });
      continue;
    }
    const { sha256 = "" } = (await digestFile(join(bag, path))) ?? {};
    found.set(path, sha256);
    const { digest, line } = listed.get(path) ?? {};
    if (digest === undefined) report({ where: path, what: `isn't in ${TAG_MANIFEST}` });
    else if (digest !== sha256)
      report({ where: path, what: `has other bytes than line ${line} of ${TAG_MANIFEST} says` });
  }
  for (const [path, { line }] of listed) {
    if (!found.has(path))
      report({ where: TAG_MANIFEST, line, what: `names ${path}, which is missing` });
  }
  return found;
}

async function readTagManifest(bag: string, report: Report) {
  const listed = new Map<string, { digest: HexDigest; line: number }>();
  let line = 0;
  try {
    for await (const text of linesOf(join(bag, TAG_MANIFEST))) {
      line += 1;
      const entry = readManifestLine(text);
      if (entry === undefined || !isInside(entry.path))
        report({ where: TAG_MANIFEST, line, what: "isn't a digest and the name of a file" });
      else listed.set(entry.path, { digest: entry.digest, line });
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    report({ where: TAG_MANIFEST, what: "is missing" });
  }
  return listed;
}

async function* tagsOf(bag: string) {
  // What lies in `data` may be millions, and isn't walked here.
  for await (const entry of entriesBelow(bag, "", (path) => path !== "data")) {
    if (entry.path !== TAG_MANIFEST) yield entry;
  }
}
