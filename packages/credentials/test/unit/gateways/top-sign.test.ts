import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { topSign, topTimestamp } from "../../../src/gateways/top-sign.ts";

/** Published by the vendor for md5 (document 101617); the others are recomputed. */
const secret = "helloworld";
const parameters = {
  method: "taobao.item.seller.get",
  app_key: "12345678",
  session: "test",
  timestamp: "2016-01-01 12:00:00",
  format: "json",
  v: "2.0",
  fields: "num_iid,title,nick,price,num",
  num_iid: "11223344",
};
const vectors = [
  ["md5", "66987CB115214E59E6EC978214934FB8"],
  ["hmac", "D56D7858309C31B6251083A874D48273"],
  ["hmac-sha256", "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8"],
] as const;

describe("the platform's signature", () => {
  it.each(vectors)("matches the vector for %s", (method, sign) => {
    expect(topSign({ ...parameters, sign_method: method }, method, secret)).toBe(sign);
  });

  it.each(vectors)("leaves out sign and empty values with %s", (method, sign) => {
    const more = { ...parameters, sign_method: method, sign: "OLD", nothing: "", "": "nameless" };
    expect(topSign(more, method, secret)).toBe(sign);
  });

  it("sorts names by ASCII bytes, so that an underscore precedes a letter", () => {
    const unsorted = { foobar: "4", foo_bar: "3", foo: "2", bar: "1" };
    const expected = createHmac("sha256", secret).update("bar1foo2foo_bar3foobar4").digest("hex");
    expect(topSign(unsorted, "hmac-sha256", secret)).toBe(expected.toUpperCase());
  });

  it("signs UTF-8 that isn't URL-encoded", () => {
    const expected = createHmac("sha256", secret).update("名a b&c=😀", "utf8").digest("hex");
    expect(topSign({ 名: "a b&c=😀" }, "hmac-sha256", secret)).toBe(expected.toUpperCase());
  });

  it("says the time in GMT+8", () => {
    expect(topTimestamp(Date.UTC(2026, 11, 31, 16, 0, 5, 999))).toBe("2027-01-01 00:00:05");
  });
});
