import type { Destination } from "@exhibit/contracts";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createImport,
  fixDestination,
  type Ledger,
  listFolders,
  offerDestination,
} from "../../../src/index.ts";

const here: Destination = { endpoint: "https://oss-a", bucket: "evidence", prefix: "suits/1/" };
const there: Destination = { ...here, bucket: "elsewhere" };
const incident = (worker: number | null = null) => ({
  message: (from: Destination) => `${from.bucket} became another`,
  worker,
});

describe.each(Object.entries(ledgerKinds))("A folder's destination on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  async function opened() {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
    });
    return { importId, folderId: folderIds[0] as number };
  }

  const placeOf = async (importId: string) => {
    const { items } = await listFolders(ledger, importId, { limit: 1 });
    return items[0] && { ...here, ...pick(items[0]) };
  };
  const pick = ({ endpoint, bucket, prefix }: { [Part in keyof Destination]: string | null }) => ({
    endpoint,
    bucket,
    prefix,
  });

  test("is what came first, whatever comes later, even if that is a whole bucket", async () => {
    const { importId, folderId } = await opened();
    const whole = { ...here, prefix: "" };
    expect(await fixDestination(ledger, folderId, whole)).toEqual(whole);
    expect(await fixDestination(ledger, folderId, there)).toEqual(whole);
    expect(await placeOf(importId)).toEqual(whole);
  });

  test("is the same for all who come at once", async () => {
    const { importId, folderId } = await opened();
    const places = Array.from({ length: 8 }, (_, index) => ({ ...here, bucket: `b-${index}` }));
    const told = await Promise.all(places.map((place) => fixDestination(ledger, folderId, place)));
    expect(told).toEqual(Array(8).fill(told[0]));
    expect(places).toContainEqual(told[0]);
    expect(await placeOf(importId)).toEqual(told[0]);
  });

  test("isn't changed by an offered place, which is recorded once, and again after a third one", async () => {
    const { importId, folderId } = await opened();
    await fixDestination(ledger, folderId, here);
    const third = { ...here, prefix: "suits/3/" };
    for (const offered of [here, there, there, third, there]) {
      expect(await offerDestination(ledger, folderId, offered, incident())).toEqual(here);
    }
    expect(await placeOf(importId)).toEqual(here);
    const noted = await ledger.db
      .selectFrom("incidents")
      .select(["code", "message", "file_id"])
      .where("folder_id", "=", folderId)
      .execute();
    const note = {
      code: "DESTINATION_CHANGED",
      message: "evidence became another",
      file_id: null,
    };
    expect(noted).toEqual([note, note, note]);
  });
});

test("Whoever waited while another one fixed the destination gets that one's", async () => {
  const { ledger, remove } = await ledgerKinds.Postgres();
  const { folderIds } = await createImport(ledger, {
    suit_ids: [],
    folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
  });
  const folderId = folderIds[0] as number;
  let late: Promise<Destination> | undefined;
  await ledger.db.transaction().execute(async (tx) => {
    await fixDestination({ ...ledger, db: tx }, folderId, here);
    late = fixDestination(ledger, folderId, there);
    await expect.poll(() => countWaiting(ledger)).toBe(1);
  });
  expect(await late).toEqual(here);
  await remove();
});

async function countWaiting({ db }: Ledger): Promise<number | undefined> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    db,
  );
  return rows[0]?.n;
}
