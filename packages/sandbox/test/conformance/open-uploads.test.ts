import { expect, test } from "vitest";
import { aliOss, sandboxForTest, tokenOf } from "./sandbox-for-test.ts";

test("The uploads that are open can be seen, in the process and by others", async () => {
  const sandbox = await sandboxForTest();
  const client = aliOss(sandbox, tokenOf(sandbox));
  const { uploadId } = await client.initMultipartUpload("case/庭审.mp4");
  expect(sandbox.openUploads()).toEqual([
    { id: uploadId, bucket: "evidence", key: "case/庭审.mp4", parts: [] },
  ]);
  const answer = await fetch(`${sandbox.controlUrl}/oss/uploads`);
  expect(await answer.json()).toEqual(sandbox.openUploads());
  await client.abortMultipartUpload("case/庭审.mp4", uploadId);
  expect(sandbox.openUploads()).toEqual([]);
});
