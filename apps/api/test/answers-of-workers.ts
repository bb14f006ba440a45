import type { DryRun, SourceFolders, VendorCheckView } from "@exhibit/contracts";

// What a worker answers when the API asks it.

const place = { endpoint: "https://oss-cn-hangzhou.aliyuncs.com", bucket: "evidence" };

export const dryRun: DryRun = {
  ...{ trial: false, complete: true, files: 1, bytes: 3, problems: 0 },
  folders: [
    {
      ...{ vendor: "kongur", folder: { suit_id: "1001" } },
      source: { type: "directory", path: "/evidence/1001" },
      ...{ files: 1, bytes: 3, skipped: 0, complete: true },
      empty: { files: 0, paths: [] },
      problems: [],
      error: null,
      place: { ...place, prefix: "suits/1001/" },
      lease_ends_at: "2026-01-02T04:04:05.678Z",
      place_error: null,
      there: {
        recorded: { looked_for: 1, found: 0, other_size: 0 },
        in_store: { looked_for: 1, found: 0, other_size: 0, unreadable: false },
      },
    },
  ],
};

export const sourceFolders: SourceFolders = {
  path: "/evidence",
  items: [
    {
      ...{ path: "/evidence/1001", name: "1001", files: 1, folders: 0, counted_all: true },
      last_import: null,
    },
  ],
  ...{ next: null, complete: true, unnamed: 0 },
};

export const vendorCheck: VendorCheckView = {
  ...{ vendor: "kongur", passed: true },
  steps: [{ step: "name", outcome: "passed", message: null, error: null }],
  lease: {
    ...{ folder: { suit_id: "1001" }, lease_id: "l", ...place, region: "cn-hangzhou" },
    ...{ prefix: "suits/1001/", prefixes: ["suits/1001/"] },
    expires_at: "2026-01-02T04:04:05.678Z",
  },
  probe: { outcome: "absent", key: "suits/1001/probe", request_id: "r" },
  may: {
    list: { answer: "no", code: "AccessDenied" },
    read: { answer: "yes", code: null },
    keep: { answer: "unknown", code: null, retention: "not yet locked 3650 days" },
  },
};
