import { ExhibitError, everything, type ImportRequest } from "@exhibit/contracts";
import {
  forgetQuestion,
  type Ledger,
  ledgerWithin,
  putQuestion,
  readAnswer,
} from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { Postponed } from "@exhibit/queue";
import type { SourceEntry, SourceReader, Sources } from "@exhibit/sources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createJobLabels } from "../../src/control/job-labels.ts";
import { type AnswerDependencies, answer } from "../../src/questions/answer.ts";
import type { Question } from "../../src/questions/question.ts";
import { attemptOf, createRig } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

const request: ImportRequest = {
  suit_ids: [],
  folders: ["1", "2"].map((name) => ({
    vendor: "kongur",
    folder: { suit_id: name },
    source: { type: "directory", path: `/evidence/${name}` },
  })),
};

/** A worker whose sources have what a test says. Its vendor gives no lease. */
function workerWith(walk: SourceReader["walk"], { isLeftToOthers = false } = {}) {
  const reader = {
    walk,
    nameOf: (path: string) => path,
    async [Symbol.asyncDispose]() {},
  } as Partial<SourceReader> as SourceReader;
  const { broker } = createRig(ledger, []).dependencies;
  const noLease = async () => {
    throw new ExhibitError("VENDOR_UNAVAILABLE", "kongur is down.");
  };
  const dependencies: AnswerDependencies = {
    ledger,
    broker: { ...broker, lease: noLease },
    sources: { open: async () => reader } as Pick<Sources, "open">,
    sight: { judge: async (error) => ({ error, isLeftToOthers }) },
    roots: ["/evidence"],
    dataDir: undefined,
    tunnel: undefined,
  };
  return {
    async ask(question: Question = { kind: "dry_run", request }) {
      const asker = { askedBy: crypto.randomUUID(), question: JSON.stringify(question) };
      return await putQuestion({ ...ledgerWithin(ledger, everything), scope: everything }, asker);
    },
    answer: (id: string, own: Parameters<typeof attemptOf>[0] = {}) =>
      answer(dependencies, id, attemptOf(own)),
    async answerTo(id: string) {
      return JSON.parse((await readAnswer(ledger, id)) ?? "null");
    },
  };
}

async function* yielding(count: number, entryAt: (at: number) => SourceEntry) {
  for (let at = 0; at < count; at += 1) yield entryAt(at);
}

const fileAt = (at: number): SourceEntry => ({
  ...{ kind: "file", path: `${at}.pdf`, size: 2, modifiedAt: 1 },
});

/** A walk that yields nothing until its signal aborts. */
async function* hanging({ signal }: { signal?: AbortSignal | undefined }) {
  await new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new ExhibitError("INTERRUPTED", "stopped")));
  });
  yield fileAt(0);
}

describe("A dry run", () => {
  test("ends at 100,000 entries of a source and says so, and goes on with the next", async () => {
    const worker = workerWith(() => yielding(100_001, fileAt));
    const id = await worker.ask();
    await worker.answer(id);
    expect((await worker.answerTo(id)).answer).toMatchObject({
      ...{ complete: false, files: 200_000, bytes: 400_000 },
      folders: [
        { files: 100_000, complete: false, place_error: { code: "VENDOR_UNAVAILABLE" } },
        { files: 100_000, complete: false },
      ],
    });
  });

  test("counts every problem, and names a hundred of a folder", async () => {
    const error = new ExhibitError("SOURCE_UNREADABLE", "It may not be read.");
    const worker = workerWith(() =>
      yielding(150, (at) => ({ kind: "faulty", path: `${at}.pdf`, error })),
    );
    const id = await worker.ask();
    await worker.answer(id);
    const { folders } = (await worker.answerTo(id)).answer;
    expect(folders[1].problems).toMatchObject([{ code: "SOURCE_UNREADABLE", files: 150 }]);
    expect(folders[1].problems[0].paths).toHaveLength(100);
  });

  test("is left to other workers while one of them may see the source", async () => {
    const gone = new ExhibitError("SOURCE_NOT_FOUND", "It isn't there.");
    const worker = workerWith(
      () => {
        throw gone;
      },
      { isLeftToOthers: true },
    );
    const id = await worker.ask();
    await expect(worker.answer(id)).rejects.toBeInstanceOf(Postponed);
    expect(await worker.answerTo(id)).toBeNull();
  });
});

describe("A question", () => {
  test("is worked on no longer than somebody waits for its answer", async () => {
    const worker = workerWith(hanging);
    const id = await worker.ask();
    const begun = Date.now();
    const answering = worker.answer(id);
    await forgetQuestion(ledger, id);
    await answering;
    // Its sources would keep it for 40 s.
    expect(Date.now() - begun).toBeLessThan(15_000);
    // And is nobody's any more.
    await worker.answer(id);
  });

  test("goes back to the queue when its worker stops", async () => {
    const worker = workerWith(hanging);
    const id = await worker.ask();
    const stop = new AbortController();
    const answering = worker.answer(id, { signal: stop.signal });
    stop.abort(new ExhibitError("INTERRUPTED", "The worker is stopping."));
    await expect(answering).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await worker.answerTo(id)).toBeNull();
  });

  test("that can't be answered is answered with why", async () => {
    const worker = workerWith(hanging);
    const id = await worker.ask({
      ...{ kind: "source_folders", path: "/etc", limit: 1, after: undefined },
    });
    await worker.answer(id);
    expect(await worker.answerTo(id)).toMatchObject({ error: { code: "SOURCE_OUTSIDE_ROOTS" } });
  });

  test("that this release doesn't know is left to a worker of a later one", async () => {
    const worker = workerWith(hanging);
    const id = await worker.ask({ kind: "proof" } as unknown as Question);
    await expect(worker.answer(id)).rejects.toMatchObject({ code: "SERVICE_UNREACHABLE" });
    expect(await worker.answerTo(id)).toBeNull();
  });
});

test("the job of a question is titled by what is asked, and by whom", async () => {
  const labels = createJobLabels(ledger);
  const titleOf = async (question: Question) => {
    const asked = { askedBy: "key:portal", question: JSON.stringify(question) };
    const id = await putQuestion({ ...ledgerWithin(ledger, everything), scope: everything }, asked);
    const title = (await labels("answer", [id, "x"])).get(id);
    await forgetQuestion(ledger, id);
    return title;
  };
  const list = { kind: "source_folders", limit: 1, after: undefined } as const;
  const of = { vendor: "kongur", entrust_id: "E-77", suit_ids: [], folder: { suit_id: "1001" } };
  expect([
    await titleOf({ kind: "dry_run", request }),
    await titleOf({ kind: "dry_run", request: { ...request, entrust_id: "E-77" } }),
    await titleOf({ ...list, path: "/evidence" }),
    await titleOf({ ...list, path: undefined }),
    await titleOf({ kind: "vendor_check", of }),
  ]).toEqual([
    "dry run of 2 folders, for key:portal",
    "dry run of E-77, for key:portal",
    "folders of /evidence, for key:portal",
    "folders of the roots, for key:portal",
    "check of kongur suit_id=1001, for key:portal",
  ]);
});
