// Examples for the API's description. A test compares each with its schema.

const counts = {
  files: 12,
  bytes: 4_096_000,
  planned: 2,
  stored: 9,
  stored_bytes: 3_000_000,
  identical: 1,
  identical_bytes: 500_000,
  failed: 0,
  waived: 0,
  skipped: 1,
};

const folderRequest = {
  vendor: "kongur",
  folder: { suit_id: "1001" },
  source: { type: "directory", path: "/evidence/1001" },
};

export const examples = {
  importEvent: {
    ...{ type: "import.sealed", timestamp: "2026-01-02T03:04:08.901Z" },
    data: {
      import_id: "01a22c49-badb-7623-9423-f87ffd554b16",
      ...{ entrust_id: "E-77", status: "sealed", labels: { court: "hangzhou" }, seq: 4711 },
      counts: {
        ...{ files: 12, bytes: 4_096_000, stored: 11, stored_bytes: 3_596_000 },
        ...{ identical: 1, identical_bytes: 500_000, failed: 0, waived: 0, skipped: 1 },
      },
    },
  },
  bagRequest: {
    ...{ names: "portable", files: ["1/合同/签字.pdf"] },
    why: "For the court in Hangzhou, as ordered on 2026-11-30",
  },
  sourceFolders: {
    path: "/evidence",
    items: [
      {
        ...{ path: "/evidence/1001", name: "1001", files: 12, folders: 2, counted_all: true },
        last_import: {
          import_id: "01a22c49-badb-7623-9423-f87ffd554b16",
          ...{ status: "sealed", created_at: "2026-01-02T03:04:05.678Z" },
        },
      },
    ],
    ...{ next: null, complete: true, unnamed: 0 },
  },
  dryRun: {
    ...{ trial: false, complete: true, files: 12, bytes: 4_096_000, problems: 1 },
    folders: [
      {
        ...folderRequest,
        ...{ files: 12, bytes: 4_096_000, skipped: 0, complete: true },
        empty: { files: 1, paths: ["notes/empty.txt"] },
        problems: [
          {
            ...{ code: "NAME_INVALID", message: "The name isn't UTF-8.", remedy: "Rename it." },
            ...{ files: 1, paths: ["in/\\xba\\xcf.pdf"] },
          },
        ],
        error: null,
        place: {
          endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
          ...{ bucket: "evidence", prefix: "suits/1001/" },
        },
        lease_ends_at: "2026-01-02T04:04:05.678Z",
        place_error: null,
        there: {
          recorded: { looked_for: 12, found: 9, other_size: 0 },
          in_store: { looked_for: 8, found: 7, other_size: 0, unreadable: false },
        },
      },
    ],
  },
  vendorCheckRequest: { entrust_id: "E-77", suit_ids: [], folder: { suit_id: "1001" } },
  vendorCheck: {
    ...{ vendor: "kongur", passed: true },
    steps: ["name", "lease", "store"].map((step) => ({
      ...{ step, outcome: "passed", message: null, error: null },
    })),
    lease: {
      ...{ folder: { suit_id: "1001" }, lease_id: "kongur-7" },
      ...{ endpoint: "https://oss-cn-hangzhou.aliyuncs.com", region: "cn-hangzhou" },
      ...{ bucket: "evidence", prefix: "suits/1001/", prefixes: ["suits/1001/"] },
      expires_at: "2026-01-02T04:04:05.678Z",
    },
    probe: {
      ...{ outcome: "absent", key: "suits/1001/.exhibit-probe-7", request_id: "5F0A" },
    },
    may: {
      list: { answer: "no", code: "AccessDenied" },
      read: { answer: "yes", code: null },
      keep: { answer: "yes", code: null, retention: "locked 3650 days" },
    },
  },
  importRequest: { entrust_id: "E-77", suit_ids: ["1001"], folders: [folderRequest] },
  why: { why: "The court asks for it." },
  retryRequest: { code: "SOURCE_UNREADABLE", why: "The share is mounted again." },
  waiveRequest: { file_ids: ["4711"], why: "The disk is gone; see the letter of 2 January." },
  retryFailuresRequest: {
    imports: [
      {
        import_id: "01a22c49-badb-7623-9423-f87ffd554b16",
        code: "VENDOR_REFUSED",
        expect_files: 1204,
      },
    ],
    why: "The suit is open again.",
  },
  waiveFailuresRequest: {
    imports: [
      { import_id: "01a22c49-badb-7623-9423-f87ffd554b16", code: "NAME_INVALID", expect_files: 3 },
    ],
    why: "Temporary files of the scanner.",
  },
  acceptDestinationRequest: {
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    bucket: "evidence-2",
    prefix: "suits/1001/",
    why: "The vendor has moved to another bucket.",
  },
  verificationRequest: { against: "oss", by: "head", sample: "1%", why: "Before the hearing." },
  bandwidthRequest: { limit: "08:00,10M 19:00,off", why: "The office works by day." },
  import: {
    import_id: "01a22c49-badb-7623-9423-f87ffd554b16",
    trial: false,
    title: "Contract dispute, first delivery",
    labels: { court: "hangzhou" },
    priority: "normal",
    set_aside: false,
    start_at: null,
    amends: null,
    amended_by: [],
    seal: null,
    verified: [],
    created_by: "key:court",
    callback: {
      ...{ webhook_id: "3f0e5d1c-58a4-4a33-9c0a-0c5f0a8f7d11", host: "portal.example.com" },
      last: {
        delivery_id: "9b2d7c44-58a4-4a33-9c0a-0c5f0a8f7d11",
        ...{ event: "import.planned", created_at: "2026-01-02T03:04:06.789Z" },
        ...{ state: "delivered", tries: 1, status: 204 },
      },
    },
    vendors: ["kongur"],
    status: "storing",
    paused: null,
    paused_vendors: [],
    entrust_id: "E-77",
    suit_ids: ["1001"],
    suit_ids_total: 1,
    ...counts,
    sending_bytes: 65_536,
    seconds: 3.2,
    created_at: "2026-01-02T03:04:05.678Z",
    updated_at: "2026-01-02T03:04:08.901Z",
    finished_at: null,
    errors: [],
    waiting: [],
    moving: true,
    idle_seconds: 0,
    files_per_second: 4.5,
    bytes_per_second: 1_250_000,
    left_seconds: 1,
    failed_folders: 0,
    warnings: [],
  },
  folder: {
    folder_id: "42",
    trial: false,
    ...folderRequest,
    status: "storing",
    ...counts,
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    bucket: "evidence",
    prefix: "suits/1001/",
    offered: null,
    error: null,
    compared_with: null,
    vanished: null,
  },
  problem: {
    type: "/v1/errors#NOT_FOUND",
    title: "There is no such import, vendor, or other resource.",
    status: 404,
    detail: "There is no import 1001.",
    instance: "urn:uuid:6c1f0a52-8f62-4d3b-9a54-0a8d9f0f5a0e",
    code: "NOT_FOUND",
    remedy: "Check the id; GET /v1/imports lists the imports.",
    details: {},
  },
  bandwidth: {
    limit: "10M",
    bytes_per_second: 10_485_760,
    workers: 4,
    changes: [
      {
        limit: "10M",
        at: "2026-01-02T03:04:05.678Z",
        who: "王芳",
        why: "The office works by day.",
      },
    ],
  },
  vendorState: { vendor: "kongur", state: "ok", leases: 2, calls: 3, refusals: 0 },
} as const;
