import { execFile } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { dataFolder } from "@exhibit/testkit";

/** The last commit of the previous release. */
const COMMIT = "a622e12";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

export interface PreviousRelease {
  /** The path of its command, to be run by the same Node. */
  readonly cli: string;
  remove(): Promise<void>;
}

/** Returns whether this repository's history has the release: a copy without history hasn't. */
export async function hasPreviousRelease(): Promise<boolean> {
  return await run("git", ["-C", root, "cat-file", "-e", `${COMMIT}^{commit}`]).then(
    () => true,
    () => false,
  );
}

/**
 * Lays out the previous release in a folder of its own, with its packages and apps and the
 * third-party packages of this one. The folder isn't below `node_modules`, where Node strips no types.
 */
export async function layOutPreviousRelease(): Promise<PreviousRelease> {
  const { path, remove } = await dataFolder("previous-release");
  const archive = join(path, "source.tar");
  await run("git", [
    "-C",
    root,
    "archive",
    "-o",
    archive,
    COMMIT,
    "package.json",
    "apps",
    "packages",
  ]);
  await run("tar", ["-xf", archive, "-C", path]);
  await linkPackages(path);
  return { cli: join(path, "apps/cli/bin/exhibit.mjs"), remove };
}

async function linkPackages(path: string): Promise<void> {
  const ours = join(root, "node_modules");
  const theirs = join(path, "node_modules");
  await mkdir(join(theirs, "@exhibit"), { recursive: true });
  const names = await readdir(ours);
  await Promise.all(
    names
      .filter((name) => name !== "@exhibit" && !name.startsWith("."))
      .map((name) => symlink(join(ours, name), join(theirs, name))),
  );
  for (const kind of ["packages", "apps"]) {
    for (const name of await readdir(join(path, kind))) {
      await symlink(join(path, kind, name), join(theirs, "@exhibit", name));
    }
  }
}
