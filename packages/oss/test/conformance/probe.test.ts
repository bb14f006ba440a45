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
    expect(oss.operations()).toEqual(["HeadObject"]);
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
