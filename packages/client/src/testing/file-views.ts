import { countsOf, type FileView, type FolderView, noCounters } from "@exhibit/contracts";

/** A file that is stored, with what a test cares about put in its place. */
export function fileOf(changes: Partial<FileView> = {}): FileView {
  return {
    trial: false,
    file_id: "1",
    folder_id: "1",
    path: "证据/录音.wav",
    raw_path: null,
    size: 3,
    modified_at: "2026-03-01T09:00:00.000Z",
    modified_ms: 1_772_355_600_000,
    state: "stored",
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    bucket: "evidence",
    version_id: null,
    identical_by: null,
    retained_until: null,
    sm3: null,
    worker: { host: "worker-1", os_user: "exhibit", version: "0.1.0" },
    key: "suit/1001/证据/录音.wav",
    sha256: "ab".repeat(32),
    crc64: "18446744073709551615",
    etag: '"E1"',
    request_id: "R1",
    stored_at: "2026-03-01T10:00:02.000Z",
    lease_id: "L1",
    is_folder: false,
    stands_for: null,
    skipped_as: null,
    error: null,
    waived_by: null,
    waived_why: null,
    waived_at: null,
    ...changes,
  };
}

/** A file that failed. */
export function failedFile(changes: Partial<FileView> = {}): FileView {
  const nowhere = { endpoint: null, bucket: null, version_id: null, worker: null };
  const receipt = {
    ...nowhere,
    key: null,
    sha256: null,
    crc64: null,
    etag: null,
    request_id: null,
  };
  return fileOf({
    ...receipt,
    state: "failed",
    stored_at: null,
    lease_id: null,
    error: { code: "SOURCE_IO", message: "EIO", remedy: "Check the disk." },
    ...changes,
  });
}

export function folderOf(changes: Partial<FolderView> = {}): FolderView {
  return {
    trial: false,
    folder_id: "1",
    vendor: "kongur",
    folder: { suit_id: "1001" },
    source: { type: "directory", path: "/evidence/1001" },
    status: "done",
    ...countsOf({ ...noCounters, files: 1, bytes: 3, stored: 1, stored_bytes: 3 }),
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    bucket: "evidence",
    offered: null,
    prefix: "suit/1001/",
    compared_with: null,
    vanished: null,
    error: null,
    ...changes,
  };
}
