import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { AuditEvent, ImportView, IncidentView, Problem } from "@exhibit/contracts";
import type { Sandbox } from "@exhibit/sandbox";
import { describe, expect, test } from "vitest";
import { type BoardJob, bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  digestsBelow,
  directory,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

type Move = Parameters<Sandbox["gateway"]["move"]>[0];

interface Case {
  folder: Record<string, string>;
  /** Where the folder lies, in the sandbox's objects. */
  place: string;
  move: (sandbox: Sandbox) => Omit<Move, "vendor">;
  /** What only the new place is called. */
  elsewhere: string;
}

/** What the answer of each vendor can change. */
const cases: [Move["vendor"], Case][] = [
  [
    "kongur",
    {
      folder: { suit_id: "1001" },
      place: "evidence/kongur/E-77/suits/1001",
      move: () => ({ prefix: "moved/" }),
      elsewhere: '"evidence/moved/kongur/E-77/suits/1001/"',
    },
  ],
  [
    "deepvision",
    {
      folder: { op_poi_id: "P1", op_tenant_code: "T1" },
      place: "deepvision/T1/P1",
      move: () => ({ bucket: "rex" }),
      elsewhere: '"rex/T1/P1/"',
    },
  ],
  [
    "rex",
    {
      folder: { scene: "hall" },
      place: "rex/hall",
      move: ({ ossUrl }) => ({ endpoint: ossUrl.replace("127.0.0.1", "localhost") }),
      elsewhere: "http://localhost:",
    },
  ],
  [
    "wombat",
    {
      folder: { merchant_code: "HM", robot_sn: "R1" },
      place: "wombat/HM/R1",
      move: () => ({ bucket: "rex", prefix: "moved/" }),
      elsewhere: '"rex/moved/HM/R1/"',
    },
  ],
  [
    "industry",
    {
      folder: { type: "OWNBRAND", id: "7" },
      place: "iotx-industry/OWNBRAND/7",
      move: () => ({ bucket: "rex" }),
      elsewhere: '"rex/OWNBRAND/7/"',
    },
  ],
];

/** The evidence of each: the last is still being sent when the vendor moves. */
const names = ["a.jpg", "b.jpg", "c.jpg"];

/** Creates an import, and has the vendor move while its last file is on its way and nothing else. */
async function movedUnderWay(system: System, vendor: Move["vendor"], { folder, move }: Case) {
  const { sandbox, root } = system;
  await writeTree(root, Object.fromEntries(names.map((name) => [name, `evidence ${name}`])));
  const last = vendor === "industry" ? "3.jpg" : "c.jpg";
  const held = sandbox.oss.hold({ operation: "PutObject", keyIncludes: last });
  const { body } = await system.post<ImportView>("/v1/imports", {
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [directory(vendor, folder, root)],
  });
  await held.reached();
  await sandbox.oss.log.waitFor(({ method, status }) => method === "PUT" && status === 200, {
    count: 2,
  });
  sandbox.gateway.move({ vendor, ...move(sandbox) });
  sandbox.tokens.expireAll();
  held.release();
  return body.import_id;
}

describe.each(cases)("A folder of %s", (vendor, given) => {
  test.each(anyEngine)(
    "keeps its destination: a lease that leads elsewhere stops it, as often as it is retried (%s)",
    async (kind) => {
      await using system = await startSystem(kind, { isLive: true });
      const { sandbox } = system;
      const id = await movedUnderWay(system, vendor, given);
      const stopped = {
        status: "attention",
        stored: 2,
        failed: 1,
        errors: [{ code: "DESTINATION_CHANGED", files: 1 }],
      };
      expect(await system.rest(id)).toMatchObject(stopped);
      const [folder] = await system.folders(id);
      const fixed = [folder?.endpoint, folder?.bucket, folder?.prefix];
      expect(fixed).toEqual([sandbox.ossUrl, ...splitPlace(given.place)]);
      const last = (await system.files(id)).at(-1);
      expect(last?.error?.message).toContain(given.elsewhere);
      expect(last?.error?.message).toContain(`"${given.place}/" at ${sandbox.ossUrl}`);

      await system.post(`/v1/imports/${id}/retry`);
      expect(await system.rest(id)).toMatchObject(stopped);
      expect(sandbox.objectCount()).toBe(2);

      // The vendor has set it right: it is asked again, though there is a lease that lives.
      sandbox.gateway.heal();
      await system.post(`/v1/imports/${id}/retry`);
      expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 3 });
      expect((await digestsBelow(join(sandbox.objectsDir, given.place))).size).toBe(3);
      expect(sandbox.objectCount()).toBe(3);
    },
  );
});

test.each(anyEngine)(
  "A person may accept the new place: what is left goes there, and each receipt names its own (%s)",
  async (kind) => {
    await using system = await startSystem(kind);
    const { sandbox } = system;
    const [, given] = cases.find(([vendor]) => vendor === "wombat") ?? [];
    if (!given) throw new Error("no wombat");
    const id = await movedUnderWay(system, "wombat", given);
    await system.rest(id);
    const [folder] = await system.folders(id);
    const before = { endpoint: sandbox.ossUrl, bucket: "wombat", prefix: "HM/R1/" };
    const offered = { ...before, bucket: "rex", prefix: "moved/HM/R1/" };
    expect(folder).toMatchObject({ ...before, offered });
    const place = `/v1/imports/${id}/folders/${folder?.folder_id}/accept-destination`;
    const accept = (body: object) => system.post<Problem>(place, { why: "they moved", ...body });

    // Nobody accepts what isn't offered, nor of a folder that isn't there.
    const wrong = await accept({ ...offered, bucket: "another" });
    expect([wrong.status, wrong.body.code]).toEqual([409, "STATE_CONFLICT"]);
    expect(wrong.body.details).toEqual(offered);
    const nowhere = place.replace(/folders\/\d+/, "folders/999999");
    expect((await system.post(nowhere, { ...offered, why: "w" })).status).toBe(404);
    expect(sandbox.objectCount()).toBe(2);

    expect((await accept(offered)).status).toBe(202);
    expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 3 });
    expect(await system.folders(id)).toMatchObject([{ ...offered, offered: null }]);
    const receipts = (await system.files(id)).map(({ path, bucket, key, endpoint, worker }) => {
      expect(endpoint).toBe(sandbox.ossUrl);
      expect(worker).toMatchObject({ host: hostname(), version: expect.any(String) });
      return [path, bucket, key];
    });
    expect(receipts).toEqual([
      ["a.jpg", "wombat", "HM/R1/a.jpg"],
      ["b.jpg", "wombat", "HM/R1/b.jpg"],
      ["c.jpg", "rex", "moved/HM/R1/c.jpg"],
    ]);
    const arrived = [given.place, "rex/moved/HM/R1"].map((each) =>
      digestsBelow(join(sandbox.objectsDir, each)),
    );
    expect((await Promise.all(arrived)).map((each) => [...each.keys()])).toEqual([
      expect.arrayContaining(["a.jpg", "b.jpg"]),
      ["c.jpg"],
    ]);

    const acts = await system.get<{ items: AuditEvent[] }>(`/v1/imports/${id}/audit`);
    expect(acts.items.at(-1)).toMatchObject({ what: "seal", who: "exhibit" });
    expect(acts.items.at(-2)).toMatchObject({
      what: "accept",
      who: "key:test",
      why: "they moved",
      folder_id: folder?.folder_id,
      files: 1,
      details: { from: before, to: offered },
    });
    const incidents = await system.get<{ items: IncidentView[] }>(`/v1/imports/${id}/incidents`);
    expect(incidents.items).toMatchObject([
      { code: "DESTINATION_CHANGED", folder_id: folder?.folder_id, file_id: null },
    ]);
    // It is done: there is nothing to accept a second time.
    expect((await accept(offered)).status).toBe(409);
  },
);

test("In a trial another endpoint is no other place: the sandbox has another port each time", async () => {
  await using system = await startSystem("Redis and Postgres");
  const [vendor, given] = cases.find(([name]) => name === "rex") as [Move["vendor"], Case];
  const id = await movedUnderWay(system, vendor, given);
  expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 3 });
  const moved = system.sandbox.ossUrl.replace("127.0.0.1", "localhost");
  expect((await system.files(id)).at(-1)).toMatchObject({ endpoint: moved, bucket: "rex" });
});

test("A job that is retried in Bull Board fails again in the same way, and sends nothing", async () => {
  await using system = await startSystem("Redis and Postgres");
  const board = bullBoardOf(system);
  const [vendor, given] = cases[0] as [Move["vendor"], Case];
  const id = await movedUnderWay(system, vendor, given);
  await system.rest(id);
  await board.retry((await board.failed(1))[0] as BoardJob);
  const acts = async () =>
    (await system.get<{ items: AuditEvent[] }>(`/v1/imports/${id}/audit`)).items.map(
      ({ who }) => who,
    );
  await expect.poll(acts, { timeout: 30_000 }).toEqual(["key:test", "key:test", "queue"]);
  expect(await system.rest(id)).toMatchObject({
    status: "attention",
    errors: [{ code: "DESTINATION_CHANGED", files: 1 }],
  });
  expect(system.sandbox.objectCount()).toBe(2);
});

test("What touched a file's integrity stays on the record when the file is stored in the end", async () => {
  await using system = await startSystem("Redis and Postgres");
  const { sandbox, root } = system;
  await writeTree(root, { "a.pdf": "damaged", "b.pdf": "will change", "c.pdf": "whole" });
  const damaged = { operation: "PutObject", keyIncludes: "a.pdf" } as const;
  sandbox.oss.fail({ match: damaged, crc64: "wrong" });
  // Uploads wait for their lease until the file has changed.
  const hold = sandbox.gateway.hold("kongur");
  const { body } = await system.post<ImportView>("/v1/imports", {
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [directory("kongur", { suit_id: "1001" }, root)],
  });
  await hold.reached();
  await writeFile(join(root, "b.pdf"), "has changed, and is longer");
  hold.release();
  const id = body.import_id;
  expect(await system.rest(id)).toMatchObject({ status: "attention", stored: 2, failed: 1 });
  await system.post(`/v1/imports/${id}/retry`);
  expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 3 });
  const { items } = await system.get<{ items: IncidentView[] }>(`/v1/imports/${id}/incidents`);
  const told = items.map(({ path, code, worker }) => [path, code, worker?.host]);
  expect(told.toSorted()).toEqual([
    ["a.pdf", "DIGEST_MISMATCH", hostname()],
    ["b.pdf", "SOURCE_CHANGED", hostname()],
  ]);
});

function splitPlace(place: string): [string, string] {
  const slash = place.indexOf("/");
  return [place.slice(0, slash), `${place.slice(slash + 1)}/`];
}
