import { ExhibitError } from "@exhibit/contracts";
import { describe, expect, it } from "vitest";
import type { ObjectRequest, Sender } from "../../../src/api/sender.ts";
import { createAdmission } from "../../../src/flow/admission.ts";
import { observedSender } from "../../../src/flow/observed-sender.ts";
import { leaseFor } from "../../leases.ts";

const [throttled, other] = ["case/1001/", "case/1002/"].map((prefix) => ({
  ...leaseFor("https://oss.test"),
  prefix,
})) as [ReturnType<typeof leaseFor>, ReturnType<typeof leaseFor>];

/** Throttles what is sent below the first prefix. */
async function send({ lease }: ObjectRequest): ReturnType<Sender["send"]> {
  if (lease.prefix === throttled.prefix) throw new ExhibitError("STORE_THROTTLED", "slow down");
  return { status: 200, headers: {}, body: Buffer.alloc(0) };
}

describe("admission", () => {
  it("delays what is below a prefix that OSS throttled, and nothing else of the bucket", async () => {
    const admission = createAdmission({ ceiling: 256 });
    const sender = observedSender({ send, sendSigned: send }, admission);
    const put = (lease: typeof throttled) =>
      admission.of(lease).limiter(
        () =>
          sender.send({
            operation: "PutObject",
            method: "PUT",
            key: `${lease.prefix}a.jpg`,
            lease,
            body: { length: 1, chunks: [] },
          }),
        undefined,
      );
    await expect(put(throttled)).rejects.toMatchObject({ code: "STORE_THROTTLED" });
    const stop = new AbortController();
    const { rate } = admission.of(throttled);
    await rate.turn(undefined);
    const held = admission.of(throttled).limiter(() => Promise.resolve("sent"), stop.signal);
    for (let file = 0; file < 100; file += 1) await put(other);
    stop.abort();
    await expect(held).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  it("has one window for all prefixes of a bucket", () => {
    const admission = createAdmission({ ceiling: 256 });
    expect(admission.of(throttled).bucket.window).toBe(admission.of(other).bucket.window);
    expect(admission.of(throttled)).toBe(admission.of({ ...throttled }));
    expect(admission.windows()).toHaveLength(1);
  });
});
