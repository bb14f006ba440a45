import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  envelopeName,
  topBoolean,
  topList,
  withoutEnvelope,
} from "../../../src/gateways/top-answer.ts";

const item = z.object({ id: z.string(), size: z.number() });
const items = fc.array(fc.record({ id: fc.string(), size: fc.integer() }));
const wrapperName = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__");

describe("the platform's answers", () => {
  it("name the envelope after the method, without a leading taobao", () => {
    expect(envelopeName("taobao.wdk.iot.wombat.common.gettoken")).toBe(
      "wdk_iot_wombat_common_gettoken_response",
    );
    expect(envelopeName("alibaba.kongur.token.getosstoken")).toBe(
      "alibaba_kongur_token_getosstoken_response",
    );
  });

  it("are found with an envelope and, in the simplified form, without one", () => {
    expect(withoutEnvelope({ a_b_response: { x: 1 } }, "a.b")).toEqual({ x: 1 });
    expect(withoutEnvelope({ x: 1, request_id: "r" }, "a.b")).toEqual({ x: 1, request_id: "r" });
  });

  it("give the same list with and without a wrapper", () => {
    const list = topList(item);
    fc.assert(
      fc.property(items, wrapperName, (given, inner) => {
        expect(list.parse(given)).toEqual(given);
        expect(list.parse({ [inner]: given })).toEqual(given);
        if (given[0] !== undefined) expect(list.parse({ [inner]: given[0] })).toEqual([given[0]]);
      }),
    );
  });

  it.each([[{}], [undefined], [null], [{ inner: {} }], [{ inner: [] }], [{ inner: null }]])(
    "take %j for an empty list",
    (given) => {
      expect(z.object({ list: topList(item) }).parse({ list: given })).toEqual({ list: [] });
    },
  );

  it("unwrap lists of primitives", () => {
    expect(topList(z.string()).parse({ string: ["a", "b"] })).toEqual(["a", "b"]);
    expect(topList(z.string()).parse({ string: "a" })).toEqual(["a"]);
  });

  it.each([["text"], [7], [{ id: "a", size: 1 }], [[{ id: 1 }]]])(
    "reject %j as a list",
    (given) => {
      expect(topList(item).safeParse(given).success).toBe(false);
    },
  );

  it("take booleans as text too, and nothing else", () => {
    expect([true, false, "true", "false"].map((each) => topBoolean.parse(each))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(topBoolean.safeParse("xxxxx").success).toBe(false);
  });
});
