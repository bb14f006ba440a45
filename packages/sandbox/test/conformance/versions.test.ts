import { expect, it } from "vitest";
import { sandboxOwner } from "../../src/index.ts";
import { type Key, rawOss, sandboxForTest, signedHeaders, tokenOf } from "./sandbox-for-test.ts";

const OBJECT = "/evidence/case/a";
const forbidding = { headers: { "x-oss-forbid-overwrite": "true" } };

/** A bucket that keeps versions, with an object from before it did. */
async function started() {
  const sandbox = await sandboxForTest();
  const send = (method: string, resource: string, options = {}, key: Key = sandboxOwner) =>
    rawOss(sandbox, key, method, resource, options);
  const write = async (body: string, options = {}) => {
    const { status, headers } = await send("PUT", OBJECT, { body, ...options });
    return { status, version: headers.get("x-oss-version-id") };
  };
  const read = async (resource: string) => {
    const headers = signedHeaders(sandboxOwner, "GET", resource);
    const response = await fetch(`${sandbox.ossUrl}${resource}`, { headers });
    return { version: response.headers.get("x-oss-version-id"), text: await response.text() };
  };
  expect(await write("first")).toEqual({ status: 200, version: null });
  sandbox.versions.enable("evidence");
  return { sandbox, send, write, read };
}

it("keeps what is overwritten, which x-oss-forbid-overwrite doesn't hinder, and finds each by its version", async () => {
  const { write, read } = await started();
  const second = await write("second", forbidding);
  const third = await write("third");
  expect([second, third]).toEqual([
    { status: 200, version: expect.stringMatching(/^[0-9a-f]{48}$/) },
    { status: 200, version: expect.stringMatching(/^[0-9a-f]{48}$/) },
  ]);
  expect(await read(OBJECT)).toEqual({ version: third.version, text: "third" });
  for (const [version, text] of [
    ["null", "first"],
    [second.version, "second"],
    [third.version, "third"],
  ])
    expect(await read(`${OBJECT}?versionId=${version}`)).toEqual({ version, text });
});

it("keeps what is deleted", async () => {
  const { send, write, read } = await started();
  const { version } = await write("second");
  expect((await send("DELETE", OBJECT)).status).toBe(204);
  expect(await send("HEAD", OBJECT)).toMatchObject({ status: 404 });
  expect((await read(`${OBJECT}?versionId=${version}`)).text).toBe("second");
});

it("has a right of its own for naming a version, and no version that there wasn't", async () => {
  const { sandbox, send } = await started();
  const named = `${OBJECT}?versionId=null`;
  expect(await send("HEAD", OBJECT, {}, tokenOf(sandbox))).toMatchObject({ status: 200 });
  expect(await send("GET", named, {}, tokenOf(sandbox))).toMatchObject({ code: "AccessDenied" });
  expect(await send("GET", named)).toMatchObject({ status: 200 });
  expect(await send("GET", `${OBJECT}?versionId=00`)).toMatchObject({ code: "NoSuchVersion" });
});

it("forbids overwriting in other buckets as before", async () => {
  const { send } = await started();
  const other = "/wombat/case/a";
  expect(await send("PUT", other, { body: "x" })).toMatchObject({ status: 200 });
  const again = await send("PUT", other, { body: "y", ...forbidding });
  expect(again).toMatchObject({ code: "FileAlreadyExists" });
});
