import { describe, expect, it } from "vitest";
import { uploadPlace } from "../../../src/vendors/upload-url.ts";

const endpoint = "oss-cn-hangzhou.aliyuncs.com";
const place = (url: string, more: { endpoint?: string; pathStyle?: boolean } = {}) =>
  uploadPlace(url, { endpoint, pathStyle: false, ...more });
const https = `https://${endpoint}`;

describe("an upload URL", () => {
  it.each([
    [`http://iotx-industry.${endpoint}`, undefined],
    [`https://iotx-industry.${endpoint}/`, undefined],
    [`https://iotx-industry.${endpoint}/a/%E5%9B%BE.jpg`, "a/图.jpg"],
  ])("names the bucket before the endpoint: %s", (url, key) => {
    const expected = { endpoint: https, bucket: "iotx-industry", key, signed: false };
    expect(place(url)).toEqual(expected);
  });

  it("may have a bucket before an IP address and a port", () => {
    const local = { endpoint: "http://127.0.0.1:9000" };
    expect(place("http://b1.127.0.0.1:9000", local)).toEqual({
      endpoint: "http://127.0.0.1:9000",
      bucket: "b1",
      key: undefined,
      signed: false,
    });
  });

  it.each([["x-oss-signature=ab"], ["OSSAccessKeyId=a&Expires=1&Signature=ab%3D"]])(
    "is signed when its query is: %s",
    (query) => {
      const signed = { key: "a/1.jpg", signed: true };
      expect(place(`https://b1.${endpoint}/a/1.jpg?${query}`)).toEqual({
        endpoint: https,
        bucket: "b1",
        ...signed,
      });
      expect(place(`https://files.example.com/a/1.jpg?${query}`)).toEqual({
        endpoint: "https://files.example.com",
        bucket: "files.example.com",
        ...signed,
      });
      const local = "http://127.0.0.1:9000";
      expect(place(`${local}/b1/a/1.jpg?${query}`, { endpoint: local, pathStyle: true })).toEqual({
        endpoint: local,
        bucket: "b1",
        ...signed,
      });
    },
  );

  it.each([
    ["ftp://b1.oss-cn-hangzhou.aliyuncs.com"],
    ["https://oss-cn-hangzhou.aliyuncs.com"],
    ["https://b1.oss-cn-beijing.aliyuncs.com"],
    ["https://b1.b2.oss-cn-hangzhou.aliyuncs.com"],
    ["https://user@b1.oss-cn-hangzhou.aliyuncs.com"],
    ["https://b1.oss-cn-hangzhou.aliyuncs.com/%ff"],
    ["https://b1.oss-cn-hangzhou.aliyuncs.com/a b?Signature=x"],
    ["https://b1.oss-cn-hangzhou.aliyuncs.com/a?acl"],
    ["https://b1.oss-cn-hangzhou.aliyuncs.com/a?Signature="],
    ["https://b1.oss-cn-hangzhou.aliyuncs.com/?Signature=x"],
    ["soon"],
  ])("is none when it is %s", (url) => {
    expect(place(url)).toBeUndefined();
  });
});
