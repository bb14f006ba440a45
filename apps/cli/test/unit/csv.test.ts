import { failedFile, fileOf, folderOf, importId, sealed } from "@exhibit/client/testing";
import { csvHead, csvRow, type ListedFile } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { readCsv } from "../support/strict-csv.ts";

const rowOf = (listed: ListedFile) => readCsv(csvHead() + csvRow(listed, sealed))[0];

test("a stored file's row has its place and its proof", () => {
  expect(rowOf({ file: fileOf(), folder: folderOf() })).toEqual({
    path: "证据/录音.wav",
    state: "stored",
    size: "3",
    sha256: "ab".repeat(32),
    sm3: "",
    crc64: "'18446744073709551615",
    bucket: "evidence",
    key: "suit/1001/证据/录音.wav",
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    stored_at: "2026-03-01T10:00:02.000Z",
    etag: '"E1"',
    request_id: "R1",
    version_id: "",
    identical_by: "",
    retained_until: "",
    lease_id: "L1",
    worker_host: "worker-1",
    worker_user: "exhibit",
    worker_version: "0.1.0",
    code: "",
    message: "",
    remedy: "",
    waived_by: "",
    waived_why: "",
    waived_at: "",
    is_folder: "",
    stands_for: "",
    skipped_as: "",
    raw_path: "",
    modified_at: "2026-03-01T09:00:00.000Z",
    file_id: "1",
    folder_id: "1",
    vendor: "kongur",
    folder: "suit_id=1001",
    source: "/evidence/1001",
    entrust_id: "E-77",
    import_id: importId,
    trial: "",
  });
});

test("a file that failed says why, and is in no bucket", () => {
  expect(rowOf({ file: failedFile(), folder: folderOf() })).toMatchObject({
    state: "failed",
    bucket: "",
    key: "",
    endpoint: "",
    code: "SOURCE_IO",
    message: "EIO",
    remedy: "Check the disk.",
  });
});

test("a folder that failed as one entry says so, and for how many files it stands", () => {
  const folder = failedFile({ is_folder: true, stands_for: 1204 });
  expect(rowOf({ file: folder, folder: folderOf() })).toMatchObject({
    is_folder: "yes",
    stands_for: "1204",
  });
});

test.each([
  "a, b.pdf",
  'a "copy".pdf',
  "two\nlines.pdf",
  "two\r\nlines.pdf",
  " spaces ",
  "律师函.pdf",
  "日本語 📷.jpg",
  ";semicolon\tand tab",
  "it's.pdf",
  "2026-03-01.pdf",
  "123456789012345",
])("the path %j is in the file as it is", (path) => {
  expect(rowOf({ file: fileOf({ path }), folder: folderOf() })).toMatchObject({ path });
});

test.each([
  "=cmd|'/c calc'!A1",
  "+1",
  "-1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  "＝1",
  "＋1",
  "－1",
  "＠1",
  "'quoted'",
  "110101199003071234",
])("what a spreadsheet would carry out or round, such as %j, has an apostrophe more", (path) => {
  const row = rowOf({ file: fileOf({ path }), folder: folderOf() });
  expect(row).toMatchObject({ path: `'${path}` });
});
