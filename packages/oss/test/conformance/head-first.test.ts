import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHeadFirst, createObjectStore, type ObjectStore } from "../../src/index.ts";
import { type FakeOss, startFakeOss } from "../fake-oss.ts";
import { bodyOfBytes, bytesOf, holderOf, leaseFor } from "../leases.ts";

const content = bytesOf(1000);

let oss: FakeOss;
let store: ObjectStore;

beforeEach(async () => {
  oss = await startFakeOss();
  store = createObjectStore({ baseDelay: 1 });
  // From here on the store knows that the bucket keeps no versions.
  await put("first", createHeadFirst(false));
  oss.requests.length = 0;
});

afterEach(async () => {
  store.close();
  await oss.close();
});

function put(name: string, headFirst: ReturnType<typeof createHeadFirst>) {
  const leases = holderOf((number) => leaseFor(oss.endpoint, number));
  return store.put({ leases, name, body: bodyOfBytes(content), headFirst });
}

describe("A file that is likely to be in OSS already", () => {
  it("is looked for before it is sent, and isn't sent when it is there", async () => {
    await oss.seed("case/1001/a", content);
    const headFirst = createHeadFirst(true);
    expect(await put("a", headFirst)).toMatchObject({ outcome: "identical" });
    expect(await put("b", headFirst)).toMatchObject({ outcome: "stored" });
    expect(oss.operations()).toEqual(["HeadObject", "HeadObject", "PutObject"]);
  });

  it("isn't looked for after 32 others in a row weren't there", async () => {
    const headFirst = createHeadFirst(true);
    for (let number = 0; number < 40; number += 1) await put(`${number}`, headFirst);
    expect(oss.operations().filter((name) => name === "HeadObject")).toHaveLength(32);
  });

  it("is looked for again once OSS says that one was there", async () => {
    await oss.seed("case/1001/a", content);
    await oss.seed("case/1001/b", content);
    const headFirst = createHeadFirst(false);
    expect(await put("a", headFirst)).toMatchObject({ outcome: "identical" });
    expect(await put("b", headFirst)).toMatchObject({ outcome: "identical" });
    expect(oss.operations()).toEqual(["PutObject", "HeadObject", "HeadObject"]);
  });

  it("is sent where HEAD is denied, and after 32 of them without a HEAD", async () => {
    oss.always("HeadObject", { kind: "respond", response: { status: 403, code: "AccessDenied" } });
    const headFirst = createHeadFirst(true);
    for (let number = 0; number < 40; number += 1) {
      expect(await put(`${number}`, headFirst)).toMatchObject({ outcome: "stored" });
    }
    expect(oss.operations().filter((name) => name === "HeadObject")).toHaveLength(32);
  });
});
