import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Ledger, readEntryOf } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { Postponed } from "@exhibit/queue";
import { createSafeFetch } from "@exhibit/safe-fetch";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { deposit, type MailToTell } from "../../src/index.ts";
import { attemptOf } from "../rig.ts";

// What is kept beside evidence is in test/end-to-end/custody/deposits.test.ts: it takes vendors and an OSS.

let ledger: Ledger;
let thirdParty: Server;
/** What the third party answers, in turn; then 204. */
let answers: number[] = [];
let asked = 0;
const cleanUp = new AsyncDisposableStack();
beforeAll(async () => {
  const opened = await ledgerKinds.Postgres();
  cleanUp.defer(opened.remove);
  ledger = opened.ledger;
  thirdParty = createServer((request, response) => {
    asked += 1;
    const status = answers.shift() ?? 204;
    request.resume().on("end", () => {
      // An answer of 0 is none: the connection breaks off.
      if (status === 0) response.destroy();
      else response.writeHead(status, { location: "http://127.0.0.1:1/" }).end();
    });
  });
  await new Promise<void>((listening) => void thirdParty.listen(0, "127.0.0.1", listening));
  cleanUp.defer(() => void thirdParty.close());
});
afterAll(() => cleanUp.disposeAsync());
beforeEach(async () => {
  await ledger.db.deleteFrom("deposits").execute();
  [answers, asked] = [[], 0];
});

let numbers = 0;

/** Writes an entry that a third party is to be told of. */
async function write(receiver = "url"): Promise<number> {
  numbers += 1;
  const bytes = Buffer.alloc(32, numbers);
  const text = `Exhibit key 1\nRegister: exhibit.example/1\nNumber: ${numbers}\n`;
  await ledger.db
    .insertInto("register")
    .values({ number: numbers, kind: "key", text, digest: bytes, head: bytes })
    .execute();
  await ledger.db
    .insertInto("deposits")
    .values({ entry: numbers, receiver, part: "head" })
    .execute();
  return numbers;
}

const logged: Record<string, unknown>[] = [];

/** Runs a receiver's job, and returns in how many milliseconds it comes again; undefined if it is done. */
async function work({
  receiver = "url",
  attempt = attemptOf(),
  isKnown = true,
  mail = undefined as MailToTell | undefined,
} = {}) {
  const { port } = thirdParty.address() as AddressInfo;
  const note = (of: Record<string, unknown>) => void logged.push(of);
  const address = {
    url: `http://127.0.0.1:${port}/?token=hunter2`,
    headers: { authorization: "Basic s3cret" },
  };
  const dependencies = {
    ledger,
    fetch: createSafeFetch({ allowedRanges: ["127.0.0.0/8"], ports: "all", plain: true }),
    ...(isKnown && { address }),
    mail,
    logger: { warn: note, info: note },
    firstPauseMs: 40_000,
  } as unknown as Parameters<typeof deposit>[0];
  try {
    await deposit(dependencies, receiver, attempt);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Postponed) return thrown.delayMs;
    throw thrown;
  }
}

const stateOf = async (entry: number) => (await readEntryOf(ledger, entry)).deposits[0];
const hurry = () =>
  ledger.db
    .updateTable("deposits")
    .set({ next_at: new Date(1000) })
    .execute();

test.each([503, 429, 0])(
  "A third party that can't be had (%i) is left alone for ever longer, whichever entry it is for",
  async (status) => {
    const [entry, other] = [await write(), await write()];
    answers = [status, status];
    const first = await work();
    expect(asked).toBe(1);
    expect(first).toBeGreaterThan(35_000);
    expect(first).toBeLessThanOrEqual(40_000);
    for (const each of [entry, other])
      expect(await stateOf(each)).toMatchObject({
        state: "pending",
        error: expect.stringMatching(
          /^ADDRESS_UNREACHABLE: The third party can't be told for now: .+\.$/,
        ),
      });
    await ledger.db
      .updateTable("deposits")
      .set({ next_at: new Date(0) })
      .where("entry", "=", entry)
      .execute();
    expect(await work()).toBeGreaterThan(75_000);
    await hurry();
    expect(await work()).toBeUndefined();
    for (const each of [entry, other])
      expect(await stateOf(each)).toMatchObject({ state: "deposited" });
  },
);

test.each([403, 301])(
  "One that doesn't want to know (%i) waits for a person, and holds up no other",
  async (status) => {
    const [entry, other] = [await write(), await write()];
    answers = [status];
    expect(await work()).toBeUndefined();
    expect(await stateOf(entry)).toMatchObject({
      state: "refused",
      error: expect.stringContaining(`it answered ${status}`),
    });
    expect(await stateOf(other)).toMatchObject({ state: "deposited" });
  },
);

test("A worker that isn't configured for a receiver leaves it to one that is", async () => {
  const [byUrl, byMail] = [await write(), await write("mail")];
  expect(await work({ isKnown: false })).toBeGreaterThan(0);
  expect(await stateOf(byUrl)).toMatchObject({
    state: "pending",
    error: expect.stringContaining("no custody.deposit.url"),
  });
  expect(await work({ receiver: "mail" })).toBeGreaterThan(0);
  expect(await stateOf(byMail)).toMatchObject({
    state: "pending",
    error: expect.stringContaining("no custody.deposit.mail"),
  });
});

test("A mail says what commits to the entry, and nothing of any case", async () => {
  const entry = await write("mail");
  const { head, digest } = await readEntryOf(ledger, entry);
  const sent: { subject: string; text: string }[] = [];
  const mail: MailToTell = { send: async (message) => void sent.push(message) };
  expect(await work({ receiver: "mail", mail })).toBeUndefined();
  expect(await stateOf(entry)).toMatchObject({ to: "mail", state: "deposited" });
  expect(sent.map(({ subject }) => subject)).toEqual([`exhibit.example/1, entry ${entry}`]);
  expect(sent[0]?.text.split("\n").slice(0, 5)).toEqual([
    "Register: exhibit.example/1",
    `Number: ${entry}`,
    `Digest: ${digest}`,
    `Head: ${head}`,
    expect.stringMatching(/^At: \d{4}-.*Z$/),
  ]);
});

test("A worker that stops gives back what it has begun", async () => {
  const entry = await write();
  const stop = new AbortController();
  thirdParty.once("request", () => stop.abort(new Error("SIGTERM")));
  answers = [0];
  await expect(work({ attempt: attemptOf({ signal: stop.signal }) })).rejects.toMatchObject({
    code: "INTERRUPTED",
  });
  const [row] = await ledger.db
    .selectFrom("deposits")
    .selectAll()
    .where("entry", "=", entry)
    .execute();
  expect(row).toMatchObject({ state: "pending", attempts: 0 });
  expect(await work()).toBeUndefined();
});

test("Neither headers nor what an address holds beside its host get into a log or a row", async () => {
  await write();
  answers = [500];
  await work();
  await hurry();
  answers = [403];
  await work();
  const rows = await ledger.db.selectFrom("deposits").selectAll().execute();
  expect(JSON.stringify([logged, rows])).not.toMatch(/s3cret|hunter2/);
});
