import { join } from "node:path";
import type { ImportView } from "@exhibit/contracts";
import type { Sandbox } from "@exhibit/sandbox";
import { describe, expect, test } from "vitest";
import {
  digestsBelow,
  directory,
  engineKindNames,
  type System,
  startSystem,
  writeTree,
} from "../system.ts";

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
      move: () => ({ bucket: "elsewhere" }),
      elsewhere: '"elsewhere/T1/P1/"',
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
      move: () => ({ bucket: "elsewhere", prefix: "moved/" }),
      elsewhere: '"elsewhere/moved/HM/R1/"',
    },
  ],
  [
    "industry",
    {
      folder: { type: "OWNBRAND", id: "7" },
      place: "iotx-industry/OWNBRAND/7",
      move: () => ({ bucket: "elsewhere" }),
      elsewhere: '"elsewhere/OWNBRAND/7/"',
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
  // The engine makes no difference to the others.
  const kinds = vendor === "kongur" ? engineKindNames : engineKindNames.slice(1);
  test.each(kinds)(
    "keeps its destination: a lease that leads elsewhere stops it, as often as it is retried (%s)",
    async (kind) => {
      await using system = await startSystem(kind);
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

function splitPlace(place: string): [string, string] {
  const slash = place.indexOf("/");
  return [place.slice(0, slash), `${place.slice(slash + 1)}/`];
}
