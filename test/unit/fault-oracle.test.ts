import { noCounters } from "@exhibit/contracts";
import { describe, expect, test } from "vitest";
import type { Facts, FileFact, ImportFact } from "../faults/oracle/facts.ts";
import { judge, type ViolationName, violationNames } from "../faults/oracle/oracle.ts";

const SOURCE = "/evidence/1001";
const stored: FileFact = {
  folderId: "1",
  path: "a.pdf",
  size: 3,
  state: "stored",
  bucket: "evidence",
  key: "case/a.pdf",
  sha256: "aa",
  code: null,
  recordedAt: 1_000,
};
const totals = { ...noCounters, files: 1, bytes: 3, stored: 1, stored_bytes: 3 };

function importOf(more: Partial<ImportFact> = {}): ImportFact {
  return {
    id: "i-1",
    status: "sealed",
    totals,
    ledger: totals,
    openFolders: 0,
    openShards: 0,
    folders: [folderWith(totals)],
    files: [stored],
    ...more,
  };
}

const object = {
  key: "evidence/case/a.pdf",
  size: 3,
  sha256: "aa",
  writes: ["3 bytes of CRC64 1"],
};
const source = {
  source: SOURCE,
  path: "a.pdf",
  key: object.key,
  movedKey: "evidence/moved/case/a.pdf",
  versions: ["aa"],
  isGone: false,
};

/** One file, stored as it has to be; what a case says is what is wrong with it. */
function factsWith(more: Partial<Facts> = {}): Facts {
  return {
    sources: [source],
    imports: [importOf()],
    objects: [object],
    openUploads: [],
    unheardUploads: 0,
    sent: [{ operation: "PutObject", key: object.key, bytes: 3, status: 200, at: 900 }],
    missedRequests: 0,
    leaks: [],
    deaths: [],
    ...more,
  };
}

const namesOf = (facts: Facts): ViolationName[] => judge(facts).map(({ name }) => name);
const failed: FileFact = {
  ...stored,
  state: "failed",
  bucket: null,
  key: null,
  sha256: null,
  code: "SOURCE_CHANGED",
  recordedAt: null,
};
const failedTotals = { ...noCounters, files: 1, bytes: 3, failed: 1 };
function folderWith(counted: typeof totals, places = ["evidence/case/"]) {
  const walked = { id: "1", source: SOURCE, isPlanned: true, code: null };
  return { ...walked, places, totals: counted, counted };
}
const attention = importOf({
  status: "attention",
  totals: failedTotals,
  ledger: failedTotals,
  folders: [folderWith(failedTotals)],
  files: [failed],
});

describe("The oracle finds nothing", () => {
  test("when every file is stored with its own bytes", () => {
    expect(judge(factsWith())).toEqual([]);
  });

  test("when a file that isn't stored is listed with its code", () => {
    expect(judge(factsWith({ imports: [attention], objects: [], sent: [] }))).toEqual([]);
  });

  test("when a file is planned in an import that a person cancelled", () => {
    const planned = { ...noCounters, files: 1, bytes: 3 };
    const cancelled = importOf({
      status: "cancelled",
      totals: planned,
      ledger: planned,
      openShards: 1,
      folders: [folderWith(planned)],
      files: [{ ...failed, state: "planned", code: null }],
    });
    expect(judge(factsWith({ imports: [cancelled], objects: [], sent: [] }))).toEqual([]);
  });

  test("when a file lies where a person had its folder go", () => {
    const folder = folderWith(totals, ["evidence/moved/case/", "evidence/case/"]);
    const accepted = importOf({
      folders: [folder],
      files: [{ ...stored, key: "moved/case/a.pdf" }],
    });
    const objects = [{ ...object, key: source.movedKey }];
    expect(judge(factsWith({ imports: [accepted], objects }))).toEqual([]);
  });

  test("when a file that was taken away is nowhere", () => {
    const none = importOf({
      totals: noCounters,
      ledger: noCounters,
      folders: [folderWith(noCounters)],
      files: [],
    });
    const facts = {
      sources: [{ ...source, isGone: true }],
      imports: [none],
      objects: [],
      sent: [],
    };
    expect(judge(factsWith(facts))).toEqual([]);
  });

  test("when a file that is recorded in one import is sent for another that has it still to do", () => {
    const other = importOf({
      files: [{ ...failed, state: "planned", code: null }],
      status: "cancelled",
      totals: { ...noCounters, files: 1, bytes: 3 },
      ledger: { ...noCounters, files: 1, bytes: 3 },
      folders: [folderWith({ ...noCounters, files: 1, bytes: 3 })],
    });
    const sent = [{ operation: "PutObject", key: object.key, bytes: 3, status: 409, at: 9_000 }];
    expect(judge(factsWith({ imports: [importOf(), other], sent }))).toEqual([]);
  });
});

const unlike: Record<ViolationName, { what: string; facts: Facts }[]> = {
  LOST: [
    {
      what: "a file that is nowhere and that nobody lists",
      facts: factsWith({ imports: [], objects: [] }),
    },
    {
      what: "a file that has failed without a code",
      facts: factsWith({
        imports: [{ ...attention, files: [{ ...failed, code: null }] }],
        objects: [],
      }),
    },
  ],
  WRONG_BYTES: [
    {
      what: "an object with a digest that the file never had",
      facts: factsWith({
        objects: [{ ...object, sha256: "bb" }],
        imports: [importOf({ files: [{ ...stored, sha256: "bb" }] })],
      }),
    },
  ],
  NO_SOURCE: [
    {
      what: "an object that no file stands for",
      facts: factsWith({ objects: [object, { ...object, key: "evidence/case/b.pdf" }] }),
    },
  ],
  ELSEWHERE: [
    {
      what: "an object where the vendor led later",
      facts: factsWith({ objects: [object, { ...object, key: source.movedKey }] }),
    },
    {
      what: "a receipt that leads there, and its object",
      facts: factsWith({
        imports: [importOf({ files: [{ ...stored, key: "moved/case/a.pdf" }] })],
        objects: [{ ...object, key: source.movedKey }],
      }),
    },
    {
      what: "an object of a folder without a place",
      facts: factsWith({ imports: [importOf({ folders: [folderWith(totals, [])] })] }),
    },
  ],
  OVERWRITTEN: [
    {
      what: "an object that was written twice with different bytes",
      facts: factsWith({
        objects: [{ ...object, writes: ["3 bytes of CRC64 2", "3 bytes of CRC64 1"] }],
      }),
    },
  ],
  RECEIPT_WRONG: [
    {
      what: "a receipt with another digest than the object's",
      facts: factsWith({ imports: [importOf({ files: [{ ...stored, sha256: "bb" }] })] }),
    },
    {
      what: "a receipt with another size",
      facts: factsWith({ objects: [{ ...object, size: 4 }] }),
    },
    {
      what: "a receipt of an object that isn't there",
      facts: factsWith({ objects: [], sources: [{ ...source, isGone: true }] }),
    },
  ],
  STORED_TWICE: [
    {
      what: "one write that two imports call theirs",
      facts: factsWith({ imports: [importOf(), importOf({ id: "i-2" })] }),
    },
  ],
  SENT_AGAIN: [
    {
      what: "a request for a file whose outcome was recorded",
      facts: factsWith({
        sent: [{ operation: "PutObject", key: object.key, bytes: 3, status: 409, at: 2_000 }],
      }),
    },
  ],
  TOTALS_WRONG: [
    {
      what: "a folder whose counters aren't its rows",
      facts: factsWith({
        imports: [
          importOf({ folders: [{ ...folderWith(totals), totals: { ...totals, stored: 2 } }] }),
        ],
      }),
    },
    {
      what: "an import whose counters aren't its folders' rows",
      facts: factsWith({
        imports: [importOf({ ledger: { ...totals, bytes: 4 }, totals: { ...totals, bytes: 4 } })],
      }),
    },
    {
      what: "an API that says other than the ledger",
      facts: factsWith({ imports: [importOf({ totals: { ...totals, identical: 1 } })] }),
    },
  ],
  NOT_ENDED: [
    {
      what: "an import that still runs",
      facts: factsWith({ imports: [importOf({ status: "storing" })] }),
    },
    {
      what: "a sealed import with a shard open",
      facts: factsWith({ imports: [importOf({ openShards: 1 })] }),
    },
    {
      what: "a sealed import with a failed file",
      facts: factsWith({ imports: [{ ...attention, status: "sealed" }], objects: [], sent: [] }),
    },
    {
      what: "an import in attention in which nothing failed",
      facts: factsWith({ imports: [importOf({ status: "attention" })] }),
    },
  ],
  UPLOAD_OPEN: [
    {
      what: "a multipart upload that was left open",
      facts: factsWith({ openUploads: [{ key: object.key, id: "U1" }] }),
    },
  ],
  SECRET_IN_PLAIN: [
    {
      what: "a secret in Redis",
      facts: factsWith({ leaks: [{ where: "Redis", what: "the secret of STS.1" }] }),
    },
  ],
  PROCESS_DIED: [
    {
      what: "a process that ended by itself",
      facts: factsWith({ deaths: [{ name: "worker-1", code: 1, signal: null, at: 0 }] }),
    },
  ],
  NOT_SEEN: [{ what: "requests that it couldn't see", facts: factsWith({ missedRequests: 2 }) }],
};

describe.each(violationNames)("The oracle finds %s", (name) => {
  test.each(unlike[name])("in $what", ({ facts }) => {
    expect(new Set(namesOf(facts))).toEqual(new Set([name]));
  });
});
