import { inspect } from "node:util";
import { ExhibitError } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProbeOptions, probe } from "../../src/index.ts";
import { type FakeOss, type FakeResponse, startFakeOss } from "../fake-oss.ts";
import { leaseFor, secretsOfLeases } from "../leases.ts";

describe("a probe of a lease", () => {
  let oss: FakeOss;
  beforeEach(async () => {
    oss = await startFakeOss();
  });
  afterEach(() => oss.close());

  const probed = (options: ProbeOptions = {}) => probe(leaseFor(oss.endpoint), options);
  const responding = (response: FakeResponse) =>
    oss.next("HeadObject", { kind: "respond", response: { message: "token-1", ...response } });
  async function failure(options: ProbeOptions = {}): Promise<ExhibitError> {
    const error = await probed(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExhibitError);
    for (const secret of secretsOfLeases) {
      expect(inspect(error, { depth: null })).not.toContain(secret);
    }
    return error as ExhibitError;
  }

  it("looks for a key below the prefix that nobody has, and changes nothing", async () => {
    const { outcome, key } = await probed();
    expect(outcome).toBe("absent");
    expect(key).toMatch(/^case\/1001\/\.exhibit-probe-[0-9a-f-]{36}$/);
    expect(oss.requests.map(({ method }) => method)).toEqual(["HEAD", "GET", "GET", "GET"]);
    expect(oss.objects.size).toBe(0);
    expect(oss.requests[0]?.headers.authorization).toMatch(
      /^OSS4-HMAC-SHA256 Credential=STS\.key-1/,
    );
    expect((await probed()).key).not.toBe(key);
  });

  it("looks for the only object that a lease opens", async () => {
    const lease = { ...leaseFor(oss.endpoint), object: { key: "case/1001/1.jpg" } };
    expect(await probe(lease)).toMatchObject({ outcome: "absent", key: "case/1001/1.jpg" });
    await oss.seed("case/1001/1.jpg", Buffer.from("x"));
    expect(await probe(lease)).toMatchObject({ outcome: "present" });
  });

  it("distinguishes a policy without oss:GetObject from a lease that isn't accepted", async () => {
    responding({ status: 403, code: "AccessDenied" });
    expect(await probed()).toMatchObject({ outcome: "unreadable" });
  });

  it("says what else a lease may do, and what the bucket keeps", async () => {
    oss.worms.ofAll =
      "<WormConfiguration><State>Locked</State><RetentionPeriodInDays>7</RetentionPeriodInDays></WormConfiguration>";
    const yes = { answer: "yes", code: null };
    expect((await probed()).may).toEqual({
      ...{ list: yes, read: yes, keep: { ...yes, retention: "locked 7 days" } },
    });
    expect(oss.requests).toMatchObject([
      { operation: "HeadObject" },
      { operation: "ListObjectsV2", key: "", query: { prefix: "case/1001/", "max-keys": "1" } },
      { operation: "GetBucketWorm", key: "" },
    ]);
  });

  it.each([
    ["none", "no", undefined],
    ["not yet locked 7 days", "unknown", "<State>InProgress</State>"],
  ])(
    "doesn't promise that a bucket keeps anything when it says: %s",
    async (said, answer, state) => {
      const days = "<RetentionPeriodInDays>7</RetentionPeriodInDays>";
      if (state) oss.worms.ofAll = `<WormConfiguration>${state}${days}</WormConfiguration>`;
      expect((await probed()).may.keep).toEqual({ answer, code: null, retention: said });
    },
  );

  it("names OSS's code for what a lease may not do, and what isn't known", async () => {
    const refused = (operation: string, response: FakeResponse) =>
      oss.always(operation, { kind: "respond", response });
    refused("HeadObject", { status: 403, code: "AccessDenied" });
    refused("ListObjectsV2", { status: 403, code: "AccessDenied" });
    refused("GetBucketWorm", { status: 403, code: "AccessDenied" });
    expect((await probed()).may).toEqual({
      list: { answer: "no", code: "AccessDenied" },
      read: { answer: "no", code: "AccessDenied" },
      keep: { answer: "unknown", code: "AccessDenied", retention: "unknown" },
    });
    refused("ListObjectsV2", { status: 500, code: "InternalError" });
    oss.always("GetBucketWorm", { kind: "reset" });
    expect((await probed()).may).toMatchObject({
      list: { answer: "unknown", code: "InternalError" },
      keep: { answer: "unknown", code: "STORE_UNAVAILABLE" },
    });
  });

  it("doesn't wait long for what OSS doesn't say", { timeout: 15_000 }, async () => {
    oss.next("ListObjectsV2", { kind: "hang" });
    const { list, keep } = (await probed({ idleTimeout: 60_000 })).may;
    expect(list).toEqual({ answer: "unknown", code: "STORE_UNAVAILABLE" });
    expect(keep).toMatchObject({ answer: "no", retention: "none" });
    const stop = new AbortController();
    oss.next("ListObjectsV2", { kind: "before", run: () => stop.abort() });
    expect(await failure({ signal: stop.signal })).toMatchObject({ code: "INTERRUPTED" });
  });

  it("asks nothing more by a signed URL", async () => {
    const object = {
      key: "case/1001/1.jpg",
      uploadUrl: `${oss.endpoint}/evidence/case/1001/1.jpg?a`,
    };
    const { may } = await probe({ ...leaseFor(oss.endpoint), object });
    const unknown = { answer: "unknown", code: null };
    expect(may).toMatchObject({ list: unknown, keep: { ...unknown, retention: "unknown" } });
    expect(oss.operations()).toEqual(["HeadObject"]);
  });

  it.each([
    [403, "SignatureDoesNotMatch", "STORE_SIGNATURE"],
    [403, "InvalidAccessKeyId", "LEASE_REJECTED"],
    [403, "SecurityTokenExpired", "LEASE_EXPIRED"],
    [404, "NoSuchBucket", "STORE_DENIED"],
    [403, "UserDisable", "STORE_DENIED"],
    [500, "InternalError", "STORE_UNAVAILABLE"],
  ])("fails on %i %s with %s", async (status, code, expected) => {
    responding({ status, code });
    expect(await failure()).toMatchObject({ code: expected });
  });

  it("learns OSS's clock and tries once more", async () => {
    responding({ status: 403, code: "RequestTimeTooSkewed" });
    expect(await probed()).toMatchObject({ outcome: "absent" });
    responding({ status: 403, code: "RequestTimeTooSkewed" });
    responding({ status: 403, code: "RequestTimeTooSkewed" });
    expect(await failure()).toMatchObject({ code: "STORE_CLOCK" });
  });

  it("ends when it is aborted, and when OSS doesn't respond", async () => {
    expect(await failure({ signal: AbortSignal.abort() })).toMatchObject({ code: "INTERRUPTED" });
    oss.next("HeadObject", { kind: "hang" });
    expect(await failure({ idleTimeout: 50 })).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});
