import { ExhibitError } from "@exhibit/contracts";
import { afterEach, expect, it } from "vitest";
import { createLogger, withSpan } from "../../src/index.ts";
import { recordSpans, type SpanRecorder } from "../../src/testing.ts";

let recorder: SpanRecorder | undefined;
afterEach(async () => {
  await recorder?.stop();
  recorder = undefined;
});

function capture(secrets: string[] = [], level: "info" | "debug" | "silent" = "info") {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const logger = createLogger({ service: "test", secrets, level, destination });
  return { logger, text: () => lines.join(""), last: () => JSON.parse(lines.at(-1) ?? "null") };
}

it("writes one JSON object per line, with level, time, service and message", () => {
  const { logger, text, last } = capture();
  logger.warn({ import_id: "i1" }, "slow");
  expect(last()).toMatchObject({ level: "warn", service: "test", import_id: "i1", msg: "slow" });
  expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(text().split("\n")).toHaveLength(2);
});

it("writes nothing below its level", () => {
  const { logger, text } = capture();
  logger.debug("detail");
  expect(text()).toBe("");
});

it("names the active trace and span, and no trace when there is none", async () => {
  const { logger, last } = capture();
  logger.info("outside");
  expect(last()).not.toHaveProperty("trace_id");
  recorder = recordSpans();
  await withSpan("exhibit.plan", {}, async () => logger.info("inside"));
  const context = recorder.spans()[0]?.spanContext();
  expect(last()).toMatchObject({ trace_id: context?.traceId, span_id: context?.spanId });
});

it.each(["s3cr3t-value", 'with "quotes" and \\', "密钥-secret", "12345678"])(
  "masks the known secret %j in messages, fields, names, children, errors and their causes",
  (secret) => {
    const { logger, text, last } = capture([secret]);
    const cause = new Error(`refused ${secret}`);
    const error = new ExhibitError("VENDOR_REFUSED", "no", { cause, details: { said: secret } });
    logger
      .child({ bound: `x${secret}` })
      .error({ err: error, deep: [{ a: secret, [secret]: 1 }] }, `m ${secret}`);
    expect(text()).not.toContain(secret);
    expect(text()).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(last()).toMatchObject({ msg: "m [redacted]", bound: "x[redacted]" });
  },
);

it("doesn't break the line when a number happens to contain a secret", () => {
  const { logger, last } = capture(["12345678"]);
  logger.info({ bytes: 9123456780 }, "sum 12345678");
  expect(last()).toMatchObject({ msg: "sum [redacted]" });
});

it("masks the longer of two secrets if it contains the other", () => {
  const { logger, last } = capture(["", "abcd", "abcdefgh"]);
  logger.info("abcdefgh abcd");
  expect(last().msg).toBe("[redacted] [redacted]");
});

it.each([
  "accessKeySecret",
  "access_key_secret",
  "AccessKeySecret",
  "securityToken",
  "security_token",
  "x-oss-security-token",
  "app_secret",
  "authorization",
  "Authorization",
  "password",
  "cookie",
])("masks the value of a field named %s, at any depth", (name) => {
  const { logger, text, last } = capture();
  logger.info({ request: { headers: { [name]: "hidden-value", other: "seen" } } }, "m");
  expect(text()).not.toContain("hidden-value");
  expect(last().request.headers).toEqual({ [name]: "[redacted]", other: "seen" });
});

it.each([
  ["a vendor's answer", '{"access_key_secret":"hidden\\"value","code":7}', '"code":7'],
  ["a URL", "https://b.oss/k?x-oss-security-token=hiddenvalue&part=1", "&part=1"],
  [
    "a header",
    "Authorization: OSS4-HMAC-SHA256 Credential=a,Signature=hiddenvalue\nHost: b",
    "Host: b",
  ],
  ["a connection's URL", "redis://user:hiddenvalue@host:6379/0 refused", "@host:6379/0 refused"],
])("masks credentials in a text with %s, and keeps the rest", (_, message, rest) => {
  const { logger, last } = capture();
  logger.info(message);
  expect(last().msg).not.toMatch(/hidden/);
  expect(last().msg).toContain("[redacted]");
  expect(last().msg).toContain(rest);
});

it.each([
  "STORE_SIGNATURE: OSS rejects the signature.",
  "Check the region and the signature version in the vendor's `oss` section.",
  "The secretary has 3 tokens.",
])("doesn't change the sentence %j", (message) => {
  const { logger, last } = capture(["other-secret"]);
  logger.info(message);
  expect(last().msg).toBe(message);
});
