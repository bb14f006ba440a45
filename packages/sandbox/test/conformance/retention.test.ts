import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { rawOss, sandboxForTest } from "./sandbox-for-test.ts";

/** A bucket with one object, and what asks for its retention. */
async function started() {
  const sandbox = await sandboxForTest();
  const key = sandbox.tokens.issue({
    actions: [
      ...["oss:PutObject", "oss:DeleteObject", "oss:PutObjectRetention"],
      ...["oss:GetBucketWorm", "oss:GetBucketObjectWormConfiguration"],
    ],
    resources: ["acs:oss:*:*:evidence", "acs:oss:*:*:evidence/case/*"],
  });
  const send = (method: string, resource: string, body?: string, headers = {}) =>
    rawOss(sandbox, key, method, resource, { ...(body !== undefined && { body }), headers });
  const keep = (until: string, change: { mode?: string; md5?: string } = {}) => {
    const { mode = "COMPLIANCE" } = change;
    const body = `<Retention><Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`;
    const { md5 = createHash("md5").update(body).digest("base64") } = change;
    return send("PUT", "/evidence/case/a?retention", body, { "content-md5": md5 });
  };
  expect((await send("PUT", "/evidence/case/a", "x")).status).toBe(200);
  return { sandbox, send, keep };
}

const tomorrow = () => `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 19)}.000Z`;

it("keeps no object of a bucket without ObjectWorm", async () => {
  const { keep } = await started();
  expect(await keep(tomorrow())).toMatchObject({ status: 400, code: "InvalidRequest" });
});

it("refuses another mode, a wrong digest, a date that is over or has fractions, and an object that isn't there", async () => {
  const { sandbox, keep, send } = await started();
  sandbox.retentions.enable("evidence");
  const refused = async (code: string, answer: ReturnType<typeof keep>) =>
    expect(await answer).toMatchObject({ code });
  await refused("MalformedXML", keep(tomorrow(), { mode: "GOVERNANCE" }));
  await refused("MalformedXML", keep(tomorrow().replace(".000Z", ".001Z")));
  await refused("InvalidDigest", keep(tomorrow(), { md5: "AAAAAAAAAAAAAAAAAAAAAA==" }));
  await refused("InvalidArgument", keep("2020-01-01T00:00:00.000Z"));
  await refused("NoSuchKey", send("PUT", "/evidence/case/b?retention", "x"));
  expect(sandbox.retentions.keptUntil("evidence", "case/a")).toBeUndefined();
});

it("lets nobody overwrite or delete what is kept, nor shorten it, until it is over", async () => {
  const { sandbox, send, keep } = await started();
  sandbox.retentions.enable("evidence");
  const until = tomorrow();
  expect(await keep(until)).toMatchObject({ status: 200 });
  expect(await keep(until)).toMatchObject({ status: 200 });
  const hourBefore = new Date(Date.parse(until) - 3_600_000).toISOString();
  expect(await keep(hourBefore)).toMatchObject({ status: 403, code: "AccessDenied" });
  expect(await send("PUT", "/evidence/case/a", "y")).toMatchObject({ code: "FileImmutable" });
  expect(await send("DELETE", "/evidence/case/a")).toMatchObject({ code: "FileImmutable" });
  expect(sandbox.retentions.keptUntil("evidence", "case/a")).toBe(Date.parse(until));
});

it.each(["InProgress", "Locked"] as const)(
  "lets nobody overwrite or delete what a bucket's own policy keeps, %s, and says which it is",
  async (state) => {
    const { sandbox, send } = await started();
    expect(await send("GET", "/evidence/?worm")).toMatchObject({ code: "NoSuchWORMConfiguration" });
    sandbox.retentions.keepAll("evidence", { state, days: 3650 });
    expect(await send("PUT", "/evidence/case/a", "y")).toMatchObject({ code: "FileImmutable" });
    expect(await send("DELETE", "/evidence/case/a")).toMatchObject({ code: "FileImmutable" });
    expect(await send("PUT", "/evidence/case/b", "new")).toMatchObject({ status: 200 });
    const { text } = await send("GET", "/evidence/?worm");
    expect(text).toContain(`<State>${state}</State>`);
    expect(text).toContain("<RetentionPeriodInDays>3650</RetentionPeriodInDays>");
    sandbox.clocks.skew({ gateway: 0, oss: 3651 * 86_400_000 });
    const later = sandbox.tokens.issue({
      actions: ["oss:DeleteObject"],
      resources: ["acs:oss:*:*:evidence/case/*"],
    });
    const date = { "x-oss-date": new Date(Date.now() + 3651 * 86_400_000).toUTCString() };
    expect(
      await rawOss(sandbox, later, "DELETE", "/evidence/case/a", { headers: date }),
    ).toMatchObject({ status: 204 });
  },
);

it("keeps nothing by a policy that wasn't locked in time", async () => {
  const { sandbox, send } = await started();
  sandbox.retentions.keepAll("evidence", { state: "Expired", days: 3650 });
  expect(await send("DELETE", "/evidence/case/a")).toMatchObject({ status: 204 });
});

it("keeps new objects by ObjectWorm's rule, and not those that were there", async () => {
  const { sandbox, send } = await started();
  expect(await send("GET", "/evidence/?objectWorm")).toMatchObject({ status: 404 });
  sandbox.retentions.enable("evidence", { mode: "COMPLIANCE", years: 10 });
  expect((await send("PUT", "/evidence/case/b", "new")).status).toBe(200);
  expect(await send("DELETE", "/evidence/case/b")).toMatchObject({ code: "FileImmutable" });
  expect(await send("DELETE", "/evidence/case/a")).toMatchObject({ status: 204 });
  expect((await send("GET", "/evidence/?objectWorm")).text).toMatch(
    /<ObjectWormEnabled>Enabled<\/ObjectWormEnabled><Rule><DefaultRetention><Mode>COMPLIANCE<\/Mode><Years>10<\/Years>/,
  );
});
