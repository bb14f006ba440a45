import {
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createSources } from "../../src/index.ts";
import { describeSource } from "../../src/testing/index.ts";

describeSource("directory", async () => {
  const path = await realpath(await mkdtemp(join(tmpdir(), "exhibit-directory-")));
  const sources = createSources({
    memoryBytes: 1024 * 1024,
    withSm3: true,
    roots: [path],
    dataDir: undefined,
  });
  let seconds = 1_700_000_000;
  return {
    sources,
    source: { type: "directory", path },
    async write(name, content) {
      const at = join(path, name);
      await mkdir(dirname(at), { recursive: true });
      await writeFile(at, content);
      await utimes(at, seconds, seconds);
      seconds += 1;
    },
    async spoil() {
      await writeFile(Buffer.concat([Buffer.from(`${path}/a`), Buffer.of(0xff)]), "");
      return "./a\\xff";
    },
    remove: (name) => rm(join(path, name)),
    countOpen: () => countOpenBelow(path),
    async stop() {
      await sources.close();
      await rm(path, { recursive: true });
    },
  };
});

/** Counts descriptors of this process and its threads, by what Linux says of them; 0 elsewhere. */
async function countOpenBelow(path: string): Promise<number> {
  const descriptors = process.platform === "linux" ? await readdir("/proc/self/fd") : [];
  const targets = await Promise.all(
    // A descriptor that has been closed meanwhile has no link.
    descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith(path)).length;
}
