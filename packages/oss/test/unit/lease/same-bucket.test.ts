import { expect, test } from "vitest";
import { isSameBucket } from "../../../src/lease/same-bucket.ts";

const bucket = (endpoint: string, name = "evidence") => ({ endpoint, name });

test.each([
  ["https://oss-cn-hangzhou.aliyuncs.com", "http://oss-cn-hangzhou.aliyuncs.com"],
  ["https://oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com:443"],
  ["https://oss-cn-hangzhou-internal.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com"],
  ["https://OSS-cn-hangzhou.aliyuncs.com", "http://oss-cn-hangzhou-internal.aliyuncs.com"],
])("%s and %s are the same endpoint", (one, other) => {
  expect(isSameBucket(bucket(one), bucket(other))).toBe(true);
  expect(isSameBucket(bucket(other), bucket(one))).toBe(true);
  expect(isSameBucket(bucket(one), bucket(other, "evidence-2"))).toBe(false);
});

test.each([
  ["https://oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-beijing.aliyuncs.com"],
  ["https://oss-cn-hangzhou.aliyuncs.com", "https://oss-accelerate.aliyuncs.com"],
  ["https://oss.example.com", "https://oss-internal.example.com"],
  ["https://oss-cn-x-internal.aliyuncs.com.example", "https://oss-cn-x.aliyuncs.com.example"],
  ["http://127.0.0.1:9000", "http://127.0.0.1:9001"],
])("%s and %s may be two endpoints", (one, other) => {
  expect(isSameBucket(bucket(one), bucket(other))).toBe(false);
  expect(isSameBucket(bucket(other), bucket(one))).toBe(false);
});
