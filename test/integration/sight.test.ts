import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { beat, deregister, type Ledger, recordWorkerFacts } from "@exhibit/ledger";
import { idleReport, ledgerKinds } from "@exhibit/ledger/testing";
import { createSources } from "@exhibit/sources";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { workerFacts } from "../../apps/worker/src/worker-facts.ts";
import { createSight } from "../../packages/ingest/src/fleet/sight.ts";

describe.each(Object.entries(ledgerKinds))("What one worker doesn't see, on %s", (_, open) => {
  let ledger: Ledger;
  let root: string;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
    root = await mkdtemp(join(tmpdir(), "exhibit-sight-"));
    await mkdir(join(root, "share"));
    await mkdir(join(root, "unmounted"));
    await writeFile(join(root, "share/a.pdf"), "evidence");
  });
  afterEach(() => ledger.db.deleteFrom("workers").execute());
  afterAll(async () => {
    await remove();
    await rm(root, { recursive: true });
  });

  /** A worker that sees what lies below `folder`: as if nothing else were mounted on its machine. */
  async function worker(host: string, folder: string, now?: () => number) {
    const facts = await recordWorkerFacts(ledger, { ...workerFacts(), host });
    const id = crypto.randomUUID();
    const roots = [join(root, folder)];
    const sources = createSources({ memoryBytes: 0, roots, dataDir: undefined });
    const sight = createSight({ ledger, sources, host, view: host, ...(now && { now }) });
    const waits = { moving: [], waits: [] };
    const live = async () => {
      const heard = await beat(ledger, id, {
        worker: facts,
        waits,
        sight: sight.report(),
        report: idleReport,
      });
      sight.search(heard.missed);
      return heard.missed;
    };
    await live();
    return { ...sight, live, leave: () => deregister(ledger, id) };
  }

  const notFound = (path: string) => {
    const details = { path, errno: "ENOENT" };
    return new ExhibitError("SOURCE_NOT_FOUND", `${path} isn't there (ENOENT).`, { details });
  };
  /** A file of a source, `share` if it isn't said. */
  const at = (path: string, source = "share") => ({
    source: { type: "directory" as const, path: join(root, source) },
    path,
  });

  test("alone, a worker takes its own word for it", async () => {
    const { judge } = await worker("web-1", ".");
    const error = notFound("gone.pdf");
    expect(await judge(error, at("gone.pdf"), "SOURCE_ABSENT")).toEqual({
      error,
      isLeftToOthers: false,
    });
    expect(await judge(error, at("none/gone.pdf"), "SOURCE_ABSENT")).toMatchObject({
      error,
    });
  });

  test("a share that isn't mounted is told as such, with the machine", async () => {
    const { judge } = await worker("web-1", ".");
    const judged = await judge(
      notFound("1/gone.pdf"),
      at("1/gone.pdf", "unmounted"),
      "SOURCE_ABSENT",
    );
    expect(judged).toMatchObject({ isLeftToOthers: false, error: { code: "SOURCE_ABSENT" } });
    expect(judged.error.message).toBe(
      `1/gone.pdf isn't there (ENOENT): on web-1, "${root}/unmounted" is empty, as when its share isn't mounted.`,
    );
    const without = await worker("web-1", "never");
    expect(
      (await without.judge(notFound("a"), at("1/a", "never"), "SOURCE_ABSENT")).error.message,
    ).toBe(
      `a isn't there (ENOENT): on web-1, there is no "${root}/never", as when its share isn't mounted.`,
    );
  });

  test("what another machine may see is left to it; once it has looked and doesn't either, the file is gone", async () => {
    const blind = await worker("web-1", ".");
    const other = await worker("web-2", ".");
    const gone = join(root, "share/gone.pdf");
    const judged = await blind.judge(notFound("gone.pdf"), at("gone.pdf"), "SOURCE_ABSENT");
    expect(judged).toMatchObject({ isLeftToOthers: true, error: { code: "SOURCE_ABSENT" } });
    expect(judged.error.message).toBe(
      "gone.pdf isn't there (ENOENT). That is so on web-1; it is left to workers elsewhere.",
    );
    await blind.live();
    expect(await other.live()).toEqual([gone]);
    await expect.poll(() => other.report().unseen_too).toEqual([gone]);
    await other.live();
    await expect
      .poll(() => blind.judge(notFound("gone.pdf"), at("gone.pdf"), "SOURCE_ABSENT"), {
        timeout: 10_000,
        interval: 200,
      })
      .toMatchObject({ isLeftToOthers: false, error: { code: "SOURCE_NOT_FOUND" } });
    const { error } = await blind.judge(notFound("gone.pdf"), at("gone.pdf"), "SOURCE_ABSENT");
    expect(error.message).toBe(
      "gone.pdf isn't there (ENOENT). That is so on web-1 and wherever else a worker runs.",
    );
  });

  test("what another machine does see stays left to it, until its worker ends", async () => {
    const blind = await worker("web-1", "elsewhere");
    const other = await worker("web-2", ".");
    await blind.judge(notFound("a.pdf"), at("a.pdf"), "SOURCE_ABSENT");
    await blind.live();
    await other.live();
    await other.live();
    const refused = new ExhibitError("SOURCE_UNREADABLE", "a.pdf may not be read (EACCES).", {
      details: { errno: "EACCES" },
    });
    expect(await blind.judge(refused, at("a.pdf"), "SOURCE_ABSENT")).toMatchObject({
      isLeftToOthers: true,
    });
    expect(other.report()).toMatchObject({ unseen_too: [] });
    await other.leave();
    await expect
      .poll(() => blind.judge(refused, at("a.pdf"), "SOURCE_ABSENT"), {
        timeout: 10_000,
        interval: 200,
      })
      .toEqual({ error: refused, isLeftToOthers: false });
  });

  test("workers of one view don't ask each other, and what nobody meets again is forgotten", async () => {
    let time = Date.now();
    const one = await worker("web-1", ".", () => time);
    await worker("web-1", ".");
    const gone = join(root, "share/gone.pdf");
    expect(await one.judge(notFound("gone.pdf"), at("gone.pdf"), "SOURCE_ABSENT")).toMatchObject({
      isLeftToOthers: false,
    });
    expect(one.report().missed).toEqual([gone]);
    // It is there again: nobody has to look for it.
    await one.judge(notFound("a.pdf"), at("a.pdf"), "SOURCE_ABSENT");
    await one.live();
    await expect.poll(() => one.report().missed).toEqual([gone]);
    time += 61_000;
    await one.live();
    expect(one.report().missed).toEqual([]);
  });

  test("faults that are the same on every machine aren't asked about", async () => {
    const { judge, report } = await worker("web-1", ".");
    await worker("web-2", ".");
    for (const code of [
      "SOURCE_CHANGED",
      "SOURCE_IO",
      "STORE_DENIED",
      "SOURCE_UNREADABLE",
    ] as const) {
      const error = new ExhibitError(code, "m");
      expect(await judge(error, at("a.pdf"), "SOURCE_ABSENT")).toEqual({
        error,
        isLeftToOthers: false,
      });
    }
    expect(report().missed).toEqual([]);
  });
});
