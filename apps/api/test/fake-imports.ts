import { randomUUID } from "node:crypto";
import { caseOf, fileOf, folderOf, keyOf, newKeyText, viewOf } from "@exhibit/client/testing";
import {
  type AccessView,
  type AuditEvent,
  type BandwidthView,
  type EvidenceRead,
  ExhibitError,
  everything,
  type FailureGroups,
  type FileDetails,
  type FoundFile,
  type ImportView,
  type IncidentView,
  type QueueView,
  type VendorLease,
  type VendorState,
} from "@exhibit/contracts";
import type {
  AuditLog,
  Bandwidth,
  CarriedOut,
  Cases,
  Fleet,
  Folders,
  Imports,
  KeptAnswers,
  Keys,
  Scoped,
  VendorControl,
} from "@exhibit/ingest";
import { createLogger } from "@exhibit/telemetry";
import { type ApiOptions, buildApi } from "../src/index.ts";
import { dryRun, sourceFolders, vendorCheck } from "./answers-of-workers.ts";
import { fakeDoor, sendKey } from "./fake-door.ts";
import { fakeSeals } from "./fake-seals.ts";
import { fakeWebhooks } from "./fake-webhooks.ts";

export const folderView = folderOf();
export const fileView = fileOf();
export const caseView = caseOf();

export const auditEvent: AuditEvent = {
  event_id: "1",
  import_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  vendor: null,
  subject: null,
  at: "2026-01-02T03:04:06.000Z",
  who: "王芳",
  what: "waive",
  why: "The disk is gone.",
  folder_id: null,
  file_id: null,
  code: "SOURCE_IO",
  files: 3,
  details: null,
};

export const evidenceRead: EvidenceRead = {
  read_id: "1",
  at: "2026-01-02T03:04:06.000Z",
  who: "key:court for 王芳",
  what: "files.csv",
  subject: "imports/0f8fad5b-d9cb-469f-a165-70867728950e",
};

export const failureGroups: FailureGroups = {
  items: [
    {
      code: "VENDOR_REFUSED",
      message: "kongur: SUIT_CLOSED",
      remedy: "Ask the vendor.",
      pattern: null,
      vendor: "kongur",
      import: null,
      folder_id: null,
      failed: 3,
      waiting: 1,
      sources: 0,
      imports: 2,
      action: "mend",
      retry_helps: true,
      first_at: "2026-01-02T03:04:06.000Z",
      last_at: null,
      samples: [{ file_id: "1", folder_id: "1", path: "证据/录音.wav" }],
    },
  ],
  groups: 1,
  failed: 3,
  waiting: 1,
};

export const incidentView: IncidentView = {
  incident_id: "1",
  at: "2026-01-02T03:04:06.000Z",
  code: "DIGEST_MISMATCH",
  message: "OSS's CRC64 isn't ours.",
  folder_id: "1",
  file_id: "1",
  path: "证据/录音.wav",
  worker: fileView.worker,
};

export const vendorState: VendorState = {
  vendor: "kongur",
  state: "throttled",
  until: "2026-01-02T03:04:06.000Z",
  last_error_code: "VENDOR_THROTTLED",
  last_error: "kongur: 7 App Call Limited",
  leases: 2,
  calls: 3,
  refusals: 1,
};

export const vendorLease: VendorLease = {
  lease_id: "0f8fad5b",
  vendor: "kongur",
  endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
  bucket: "evidence",
  prefixes: ["E-77/1001/"],
  issued_at: "2026-01-02T03:04:06.000Z",
  expires_at: "2026-01-02T04:04:06.000Z",
  workers: 1,
  held_by: [{ worker_id: "7", host: "w1", pid: 812 }],
};

export const queueView: QueueView = {
  queue: "store",
  ...{ waiting: 12, active: 4, delayed: 1, failed: 0 },
  oldest_at: "2026-01-02T03:04:06.000Z",
};

const ofImport = {
  import_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  ...{ vendor: "kongur", folder: { suit_id: "1001" } },
};

export const fileDetails: FileDetails = {
  ...fileView,
  ...ofImport,
  source: folderView.source,
  shard: {
    ...{ shard_id: "9", number: 2, state: "stored", runs: 1, job_id: "store-9", trace_id: null },
    opened_at: "2026-01-02T03:04:05.678Z",
  },
  incidents: [incidentView],
  acts: [auditEvent],
};

export const foundFile: FoundFile = {
  ...fileView,
  ...ofImport,
  entrust_id: "E-77",
  import_status: "sealed",
};

/** What each act on failed files is said to have done. */
export const doneAct = { event_id: "7", files: 3, folders: 1 };

/** Imports in memory. `calls` says what was asked of them, `views` is what there is. */
export function fakeImports() {
  const views = new Map<string, ImportView>();
  const calls: { name: string; args: unknown[] }[] = [];
  const note = (name: string, ...args: unknown[]) => calls.push({ name, args });
  const get = async (id: string) => {
    note("get", id);
    const view = views.get(id);
    if (view === undefined) throw new ExhibitError("NOT_FOUND", `There is no import ${id}.`);
    return view;
  };
  const put = (more: Partial<ImportView> = {}) => {
    const view = viewOf({ import_id: randomUUID(), ...more });
    views.set(view.import_id, view);
    return view;
  };
  const imports: Imports = {
    async dryRun(request, { name }) {
      note("dry run", request, name);
      return dryRun;
    },
    get,
    async create(request, who) {
      note("create", request, who);
      return put({ status: "planning" });
    },
    async list(query) {
      note("list", query);
      return { items: [...views.values()], next: "more" };
    },
    async folders(id, query) {
      note("folders", id, query);
      await get(id);
      return { items: [folderView], next: null };
    },
    async rates(id) {
      note("rates", id);
      return noRates;
    },
    async suits(id, query) {
      note("suits", id, query);
      return { items: (await get(id)).suit_ids, next: null };
    },
    async files(id, query) {
      note("files", id, query);
      await get(id);
      return { items: [fileView], next: null };
    },
    async file(id, fileId) {
      note("file", id, fileId);
      await get(id);
      return { ...fileDetails, import_id: id, file_id: fileId };
    },
    async findFiles(query) {
      note("findFiles", query);
      return { items: [foundFile], next: null };
    },
    async tree(id, folderId, query) {
      note("tree", id, folderId, query);
      await get(id);
      const item = { name: "a", prefix: "a/", entries: 3, failed: 1 };
      return { items: [item], next: null, direct: { entries: 0, failed: 0 } };
    },
    async errors(id, query) {
      note("errors", id, query);
      await get(id);
      return failureGroups;
    },
    async failures(query) {
      note("failures", query);
      return failureGroups;
    },
    async audit(id, query) {
      note("audit", id, query);
      await get(id);
      return { items: [auditEvent], next: null };
    },
    async incidents(id, query) {
      note("incidents", id, query);
      await get(id);
      return { items: [incidentView], next: null };
    },
    async acceptDestination(id, folderId, request, who) {
      note("acceptDestination", id, folderId, request, who);
      return { ...(await get(id)), act: doneAct };
    },
    async change(id, request, who) {
      note("change", id, request, who);
      return get(id);
    },
    async retry(id, request, who) {
      note("retry", id, request, who);
      return { ...(await get(id)), act: doneAct };
    },
    async cancel(id, request, who) {
      note("cancel", id, request, who);
      return get(id);
    },
    async pause(id, request, who) {
      note("pause", id, request, who);
      return get(id);
    },
    async resume(id, request, who) {
      note("resume", id, request, who);
      return get(id);
    },
    async waive(id, request, who) {
      note("waive", id, request, who);
      return { ...(await get(id)), act: doneAct };
    },
  };
  const audit: AuditLog = {
    async list(query) {
      note("whole audit", query);
      return { items: [auditEvent], next: null };
    },
    async reads(query) {
      note("reads", query);
      return { items: [evidenceRead], next: null };
    },
  };
  const reads: Parameters<ApiOptions["recordRead"]>[0][] = [];
  const recordRead: ApiOptions["recordRead"] = async (read) => {
    reads.push(read);
  };
  const vendors: VendorControl = {
    get: async () => vendorState,
    list: async () => ({ scope: "fleet", trial: false, items: [vendorState] }),
    async pause(vendor, request, who) {
      note("pause vendor", vendor, request, who);
      return vendorState;
    },
    async resume(vendor, request, who) {
      note("resume vendor", vendor, request, who);
      return vendorState;
    },
    async check(vendor, request, { name }) {
      note("check vendor", vendor, request, name);
      return vendorCheck;
    },
    async leases(vendor) {
      note("leases", vendor);
      return { items: [vendorLease] };
    },
    async audit(vendor, query) {
      note("vendor audit", vendor, query);
      return { items: [{ ...auditEvent, import_id: null, vendor, what: "pause" }], next: null };
    },
  };
  const cases: Cases = {
    async list(query) {
      note("cases", query);
      return { items: [{ ...caseView, entrust_id: "E-77" }], next: null };
    },
    async get(name) {
      note("case", name);
      return { ...caseView, entrust_id: null, ...name };
    },
    async folders(name, query) {
      note("case folders", name, query);
      return {
        items: [
          {
            ...folderView,
            ...{ import_id: randomUUID(), import_status: "sealed", entrust_id: "E-77" },
            ...{ suit_id: "1001", sealed_at: "2026-01-02T03:04:06.000Z" },
          },
        ],
        next: null,
      };
    },
  };
  const seals = fakeSeals(note);
  const folders: Folders = {
    async list(query, { name }) {
      note("source folders", query, name);
      return sourceFolders;
    },
  };
  return {
    imports,
    folders,
    cases,
    seals,
    vendors,
    audit,
    reads,
    recordRead,
    keys: fakeKeys(note),
    calls,
    views,
    put,
  };
}

export const keyView = keyOf();

/** Keys that note what they are asked for. */
function fakeKeys(note: (name: string, ...args: unknown[]) => void): Keys {
  return {
    get: async (id) => ({ ...keyView, key_id: id }),
    async list(query, by) {
      note("list keys", query, by);
      return { items: [keyView], next: null };
    },
    async create(request, by) {
      note("create key", request, by);
      return { ...keyView, key: newKeyText };
    },
    async rotate(id, request, by) {
      note("rotate key", id, request, by);
      return { ...keyView, key_id: id, key: newKeyText };
    },
    async revoke(id, request, by) {
      note("revoke key", id, request, by);
      return { ...keyView, key_id: id, revoked_at: keyView.created_at, revoked_by: "key:admin" };
    },
    async audit(id, query, by) {
      note("key audit", id, query, by);
      const event = {
        ...auditEvent,
        import_id: null,
        subject: `keys/${id}`,
        what: "revoke" as const,
      };
      return { items: [event], next: null };
    },
  };
}

/** Somebody who has access. */
const accessView: AccessView = {
  ...{ kind: "key", name: "key:clerk", key_id: "AbC12345", role: "producer", scope: everything },
  ...{ may_name_others: false, state: "works", since: "2026-01-02T03:04:06.000Z" },
  ...{ seen_at: null, expires_at: "2026-04-02T03:04:06.000Z", sessions: 0 },
};

/** A limit in memory. */
export function fakeBandwidth(): Bandwidth {
  const view: BandwidthView = { limit: "off", bytes_per_second: null, workers: 2, changes: [] };
  return {
    get: async () => view,
    async set({ limit, why = null }, who = "api") {
      const change = { limit, at: "2026-11-23T10:00:00.000Z", who, why };
      return { ...view, limit, changes: [change, ...view.changes] };
    },
  };
}

/** The same for every scope: the fakes know none. */
export function anyScope<Control>(control: Control): Scoped<Control> {
  return { within: () => control };
}

const noRates = { step_seconds: 5, points: [] };

/** A fleet of no workers. */
export const fakeFleet: Fleet = {
  rates: async () => noRates,
  workers: async () => ({ items: [] }),
  queues: async () => ({ items: [queueView] }),
  movement: async () => ({ running: [], acts: [], hasMoreActs: false }),
  views: async () => [],
  folders: async () => ({ items: [], next: null }),
  within: async () => [],
};

/** Answers in memory; acts aren't recorded by themselves, as those of the ledger are. */
export function fakeAnswers() {
  const kept = new Map<string, CarriedOut & { fingerprint: string }>();
  const nameOf = ({ principal, key }: { principal: string; key: string }) => `${principal} ${key}`;
  const answers: KeptAnswers = {
    async find(request) {
      const before = kept.get(nameOf(request));
      if (before === undefined) return undefined;
      const { fingerprint, ...known } = before;
      if (fingerprint === Buffer.from(request.fingerprint).toString("hex")) return known;
      throw new ExhibitError("IDEMPOTENCY_MISMATCH", "The key was used for another request.");
    },
    acting: (_request, work) => work(),
    async keep(request, answer) {
      const before = await answers.find(request);
      if (before?.answer !== undefined) return before;
      const fingerprint = Buffer.from(request.fingerprint).toString("hex");
      kept.set(nameOf(request), { importId: null, ...before, answer, fingerprint });
      return undefined;
    },
  };
  return { answers, kept };
}

/** The API on fake imports, with its log kept. Requests of `inject` carry the test's key. */
export async function startApi(options: Partial<ApiOptions> = {}) {
  const fake = fakeImports();
  const { door, ...doorway } = fakeDoor();
  const log: string[] = [];
  const app = await buildApi({
    trial: false,
    imports: anyScope(fake.imports),
    folders: anyScope(fake.folders),
    cases: anyScope(fake.cases),
    seals: anyScope(fake.seals),
    queues: [],
    labels: async () => new Map(),
    ready: async () => ({ ledger: "up", queue: "up", workers: 2 }),
    vendors: anyScope(fake.vendors),
    bandwidth: anyScope(fakeBandwidth()),
    fleet: anyScope(fakeFleet),
    keys: fake.keys,
    webhooks: fakeWebhooks().webhooks,
    ...door,
    audit: fake.audit,
    accessList: { list: async () => ({ items: [accessView], next: null }) },
    recordRead: fake.recordRead,
    answers: fakeAnswers().answers,
    logger: createLogger({
      service: "api",
      secrets: [],
      destination: { write: (line) => log.push(line) },
    }),
    ...options,
  });
  const injectAsIs = sendKey(app);
  return { app, injectAsIs, log, ...fake, ...doorway };
}
