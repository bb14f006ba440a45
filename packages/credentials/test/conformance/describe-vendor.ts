import { inspect } from "node:util";
import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TopSignMethod, topSign } from "../../src/gateways/top-sign.ts";
import {
  type FolderOfCase,
  folderKey,
  type Vendor,
  type VendorAnswer,
  type VendorName,
} from "../../src/index.ts";
import type { FakeGateway, Mood } from "./fake-gateway.ts";

export interface VendorHarness {
  /** The vendor, created by the registry. */
  readonly vendor: Vendor;
  readonly gateway: FakeGateway;
  /** A folder that the healthy gateway opens. */
  readonly folder: FolderOfCase;
  /** The API method that it calls. */
  readonly method: string;
  /** Parts of the folder that the request must contain. */
  readonly carries: readonly string[];
  readonly appSecret: string;
  /** The account's and the answer's secrets, which must appear in no error. */
  readonly secrets: readonly string[];
}

const failures: [Mood, ErrorCode, Partial<ExhibitError>][] = [
  ["denied", "VENDOR_REFUSED", { retryAfter: undefined }],
  ["misconfigured", "VENDOR_MISCONFIGURED", { retryAfter: undefined }],
  ["throttled", "VENDOR_THROTTLED", { retryAfter: 3000 }],
  ["busy", "VENDOR_UNAVAILABLE", { retryAfter: undefined }],
  ["down", "VENDOR_UNAVAILABLE", { retryAfter: undefined }],
  ["broken", "VENDOR_UNAVAILABLE", { retryAfter: undefined }],
  ["malformed", "VENDOR_ANSWER_INVALID", { retryAfter: undefined }],
  ["misshapen", "VENDOR_ANSWER_INVALID", { retryAfter: undefined }],
];

/** The tests that every vendor behind the Taobao Open Platform must pass. */
export function describeVendor(name: VendorName, start: () => Promise<VendorHarness>): void {
  describe(`${name}, as a vendor`, () => {
    let harness: VendorHarness;
    const signal = new AbortController().signal;
    const issue = (options = { signal }): Promise<VendorAnswer> =>
      harness.vendor.issue(harness.vendor.call(harness.folder), options);
    const failure = async (options = { signal }): Promise<ExhibitError> => {
      const thrown = await issue(options).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown).toBeInstanceOf(ExhibitError);
      return thrown as ExhibitError;
    };

    beforeAll(async () => {
      harness = await start();
    });
    beforeEach(() => {
      harness.gateway.become("healthy");
      harness.gateway.received.length = 0;
    });
    afterAll(() => harness.gateway.stop());

    it("has the name it is registered by", () => {
      expect(harness.vendor.name).toBe(name);
    });

    it("issues complete credentials that open the folder, as plain data", async () => {
      const answer = await issue();
      expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
      const lease = answer.leases.find(
        ({ folders }) => folderKey(harness.folder.folder) in folders,
      );
      expect(
        Object.values(lease?.credentials ?? {}).filter((part) => part.length > 0),
      ).toHaveLength(3);
      expect(lease?.prefixes).toContain(lease?.folders[folderKey(harness.folder.folder)]);
      expect(answer.refusals).toEqual([]);
    });

    it("sends one signed call that carries the folder", async () => {
      await issue();
      const [request, ...others] = harness.gateway.received;
      const { sign, ...query } = request?.query ?? {};
      expect(others).toEqual([]);
      expect(query).toMatchObject({ method: harness.method, v: "2.0", format: "json" });
      const signMethod = query.sign_method as TopSignMethod;
      expect(sign).toBe(topSign({ ...query, ...request?.form }, signMethod, harness.appSecret));
      for (const part of harness.carries) expect(JSON.stringify(request?.form)).toContain(part);
    });

    it("returns equal calls for equal folders, and accepts a call that was stored as text", async () => {
      const call = harness.vendor.call(harness.folder);
      expect(harness.vendor.call(harness.folder)).toEqual(call);
      const kept = JSON.parse(JSON.stringify(call)) as typeof call;
      expect((await harness.vendor.issue(kept, { signal })).leases).toHaveLength(1);
    });

    it.each([[{}], [{ stranger: "1" }]])("rejects %j as a folder", (folder) => {
      expect(harness.vendor.selector.safeParse(folder).success).toBe(false);
    });

    it.each(failures)("fails when the gateway is %s, with %s", async (mood, code, more) => {
      harness.gateway.become(mood);
      const error = await failure();
      expect(error).toMatchObject({ name: "ExhibitError", code, ...more });
      expect(error.message).toContain(`${name}: `);
      expect(error.details.vendor).toBe(name);
    });

    it.each(failures)("reveals no secret when the gateway is %s", async (mood) => {
      harness.gateway.become(mood);
      const shown = inspect(await failure(), { depth: null, showHidden: true });
      for (const secret of harness.secrets) expect(shown).not.toContain(secret);
    });

    it("repeats the vendor's own code and message", async () => {
      harness.gateway.become("denied");
      const error = await failure();
      expect(error.message).toContain("isv.permission-denied 没有权限");
      expect(error.details).toMatchObject({
        sub_code: "isv.permission-denied",
        request_id: "req-denied",
      });
    });

    it("stops at once with the caller's reason when it is aborted", async () => {
      harness.gateway.become("silent");
      const controller = new AbortController();
      const reason = new Error("enough");
      const arrived = harness.gateway.nextRequest();
      const failed = failure({ signal: controller.signal });
      await arrived;
      controller.abort(reason);
      expect(await failed).toMatchObject({ code: "INTERRUPTED", cause: reason });
    });

    it("makes no call if it was aborted before", async () => {
      const error = await failure({ signal: AbortSignal.abort() });
      expect(error.code).toBe("INTERRUPTED");
      expect(harness.gateway.received).toEqual([]);
    });

    it("works again after a failure", async () => {
      harness.gateway.become("down");
      await failure();
      harness.gateway.become("healthy");
      expect((await issue()).leases).toHaveLength(1);
    });

    it("learns the gateway's clock by one more call, and remembers it", async () => {
      harness.gateway.become("early");
      expect((await issue()).leases).toHaveLength(1);
      expect((await issue()).leases).toHaveLength(1);
      expect(harness.gateway.received).toHaveLength(3);
    });
  });
}
