import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createVendors, folderKey, type Vendor, type VendorAnswer } from "../../src/index.ts";
import { rexSigner } from "../../src/vendors/rex-sign.ts";
import { describeVendor } from "./describe-vendor.ts";
import { type FakeGateway, startFakeGateway } from "./fake-gateway.ts";

const method = "wdk.rex.platform.deamon.osstoken";
const secrets = ["rex-app-secret", "rex-access-secret", "rex-ak-secret", "rex-sts-token"];
const of = { vendor: "rex", entrust_id: undefined, suit_ids: [], folder: { scene: "a" } };
const token = {
  access_key_id: "STS.3",
  access_key_secret: "rex-ak-secret",
  security_token: "rex-sts-token",
  expiration_time: "2030-01-01T00:00:00Z",
  scene: "a",
  endpoint: "oss-cn-hangzhou",
};
const template = "{rex_access_key}{rex_access_time}{scenes}";
const sign = { algorithm: "hmac-sha256", template, encoding: "HEX" };

function enveloped(result: object): object {
  return { wdk_rex_platform_deamon_osstoken_response: { result } };
}

function answerOf(tokens: object[], more: object = { success: true }): object {
  return enveloped({ model: { oss_token_d_os: tokens }, ...more });
}

function rexAt({ url: gateway }: FakeGateway, { oss = {}, ...more }: Record<string, unknown> = {}) {
  const account = { gateway, app_key: "12345678", app_secret: "rex-app-secret" };
  const access = { rex_access_key: "ak", rex_access_secret: "rex-access-secret", sign };
  const bucket = { region: "cn-hangzhou", bucket: "robots", ...(oss as object) };
  const options = { ...account, ...access, oss: bucket, ...more };
  return createVendors({ rex: options }).rex as Vendor;
}

describeVendor("rex", async () => {
  const gateway = await startFakeGateway(secrets.join());
  gateway.answer(() => answerOf([token]));
  const account = { appSecret: "rex-app-secret", secrets };
  return { vendor: rexAt(gateway), gateway, folder: of, method, carries: ["a", "ak"], ...account };
});

describe("rex", () => {
  let gateway: FakeGateway;
  let scratch: string;
  const issueWith = (answer: object, options = {}): Promise<VendorAnswer> => {
    gateway.answer(() => answer);
    const vendor = rexAt(gateway, options);
    return vendor.issue(vendor.call(of), { signal: new AbortController().signal });
  };
  const sent = () => gateway.received[0]?.form ?? {};

  beforeAll(async () => {
    gateway = await startFakeGateway("");
    scratch = await mkdtemp(join(tmpdir(), "exhibit-rex-"));
  });
  beforeEach(() => {
    gateway.become("healthy");
    gateway.received.length = 0;
  });
  afterAll(async () => {
    await gateway.stop();
    await rm(scratch, { recursive: true });
  });

  it("takes bucket and prefix from the configuration, the rest from the scene's token", async () => {
    const { leases, refusals } = await issueWith(answerOf([{ ...token, scene: "b" }, token]), {
      oss: { prefix: "robots/{scene}" },
    });
    expect(refusals).toEqual([]);
    expect(leases).toEqual([
      {
        credentials: {
          accessKeyId: "STS.3",
          accessKeySecret: "rex-ak-secret",
          securityToken: "rex-sts-token",
        },
        bucket: {
          endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
          region: "cn-hangzhou",
          name: "robots",
          pathStyle: false,
          signatureVersion: "v4",
        },
        folders: { [folderKey({ scene: "a" })]: "robots/a/" },
        prefixes: ["robots/a/"],
        ends: { at: Date.UTC(2030, 0, 1), said: token.expiration_time },
      },
    ]);
  });

  it("gives each of several scenes its own token", async () => {
    gateway.answer(() => answerOf([token, { ...token, scene: "b", access_key_id: "STS.b" }]));
    const { leases } = await rexAt(gateway).issue(
      { scenes: '["a","b"]' },
      { signal: new AbortController().signal },
    );
    expect(leases.map(({ credentials, prefixes }) => [credentials.accessKeyId, prefixes])).toEqual([
      ["STS.3", ["a/"]],
      ["STS.b", ["b/"]],
    ]);
  });

  it("can't tell which of several tokens without a scene is the asked one", async () => {
    const unnamed = { ...token, scene: undefined };
    expect((await issueWith(answerOf([unnamed]))).leases).toHaveLength(1);
    await expect(issueWith(answerOf([unnamed, unnamed]))).rejects.toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
    });
  });

  it.each([
    [{ endpoint: "oss.test" }, "robots.oss-cn-hangzhou.aliyuncs.com", "https://oss.test"],
    [{}, "robots.oss.test", "https://oss.test"],
    [{ path_style: true }, "robots.oss.test", "https://robots.oss.test"],
  ])("with %j in its options takes the endpoint %s as %s", async (oss, endpoint, expected) => {
    const { leases } = await issueWith(answerOf([{ ...token, endpoint }]), { oss });
    expect(leases[0]?.bucket.endpoint).toBe(expected);
  });

  it("has one fingerprint wherever the signer's file lies, but not for another key", () => {
    const at = (module: string, rex_access_key = "ak") =>
      rexAt(gateway, { sign: { module }, rex_access_key }).fingerprint;
    expect(at("/a/sign.mjs")).toBe(at("/b/sign.mjs"));
    expect(at("/a/sign.mjs", "other")).not.toBe(at("/a/sign.mjs"));
  });

  it("sends the scenes as JSON text and signs by the template", async () => {
    await issueWith(answerOf([token]));
    const { rex_access_time: time } = sent();
    const text = `ak${time}["a"]`;
    expect(Math.abs(Number(time) - Date.now())).toBeLessThan(60_000);
    expect(sent()).toEqual({
      rex_access_key: "ak",
      rex_access_time: time,
      scenes: '["a"]',
      rex_access_secret_sign: createHmac("sha256", "rex-access-secret")
        .update(text)
        .digest("hex")
        .toUpperCase(),
    });
  });

  it("supports other digests, encodings, units, and JSON strings", async () => {
    const own = { algorithm: "md5", template: "{rex_access_secret}", encoding: "base64" };
    await issueWith(answerOf([token]), { sign: { ...own, time_unit: "s" }, json_strings: true });
    expect(sent()).toMatchObject({
      rex_access_key: '"ak"',
      rex_access_time: expect.stringMatching(/^\d{10}$/),
      scenes: '["a"]',
      // printf rex-access-secret | openssl md5 -binary | base64
      rex_access_secret_sign: '"Z2UEDmHkmD7HnjiWzIHpjQ=="',
    });
  });

  it("signs for the time of the gateway's clock", async () => {
    gateway.become("early");
    await issueWith(answerOf([token]));
    const times = gateway.received.map(({ form }) => Number(form.rex_access_time));
    expect(times).toHaveLength(2);
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThan(7_000_000);
  });

  describe("with a module that signs", () => {
    const moduleOf = async (name: string, text: string): Promise<string> => {
      const path = join(scratch, name);
      await writeFile(path, text);
      return path;
    };

    it("sends what the module returns", async () => {
      const module = await moduleOf(
        "good.mjs",
        "export default async (input) => Object.entries(input).flat().join(' ');",
      );
      await issueWith(answerOf([token]), { sign: { module } });
      expect(sent().rex_access_secret_sign).toBe(
        `rex_access_key ak rex_access_secret rex-access-secret rex_access_time ${sent().rex_access_time} scenes ["a"]`,
      );
    });

    it("doesn't wait forever", async () => {
      const module = await moduleOf("never.mjs", "export default () => new Promise(() => {});");
      const signer = rexSigner("rex", { module, time_unit: "ms" }, 20);
      const input = {
        rex_access_key: "k",
        rex_access_secret: "rex-access-secret",
        rex_access_time: 1,
        scenes: "[]",
      };
      await expect(signer(input)).rejects.toMatchObject({
        code: "VENDOR_MISCONFIGURED",
        message: expect.stringContaining("it took longer than 0.02 s"),
      });
    });

    it.each([
      [
        "throws.mjs",
        "export default (i) => { throw new Error('no ' + i.rex_access_secret) };",
        "no ***",
      ],
      ["number.mjs", "export default () => 7;", "it didn't return a text"],
      ["nothing.mjs", "export const sign = () => '';", "it has no function as its default export"],
      ["absent.mjs", undefined, "absent.mjs"],
    ])("names %s when it can't sign, and no secret", async (name, text, words) => {
      const module = text === undefined ? join(scratch, name) : await moduleOf(name, text);
      const error: unknown = await issueWith({}, { sign: { module } }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "VENDOR_MISCONFIGURED", details: { module } });
      expect((error as Error).message).toContain(`by ${module}: `);
      expect((error as Error).message).toContain(words);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("rex-access-secret");
      expect(gateway.received).toEqual([]);
    });
  });

  it.each([
    [
      "its token says so",
      answerOf([{ scene: "a", success: false, msg_code: "E1", msg_info: "无" }]),
    ],
    [
      "the whole says so",
      answerOf([{ scene: "a" }], { success: "false", msg_code: "E1", msg_info: "无" }),
    ],
  ])("refuses a scene when %s", async (_, answer) => {
    const { leases, refusals } = await issueWith(answer);
    expect(leases).toEqual([]);
    expect(refusals.at(-1)).toEqual({
      folder: folderKey({ scene: "a" }),
      code: "E1",
      message: "无",
    });
  });

  it("refuses all of its scenes when the whole fails without tokens", async () => {
    const refused = { success: false, msg_code: "E2", msg_info: "不行 rex-access-secret" };
    const { leases, refusals } = await issueWith(enveloped(refused));
    expect(leases).toEqual([]);
    expect(refusals).toEqual([{ folder: null, code: "E2", message: "不行 ***" }]);
  });

  it("opens a scene whose own token succeeds though the whole doesn't", async () => {
    const more = { success: false, msg_code: "PART", msg_info: "" };
    const { leases } = await issueWith(answerOf([{ ...token, success: true }], more));
    expect(leases).toHaveLength(1);
  });

  it.each([
    [
      'expiration_time is "gg", which isn\'t in a known time format: set `lease_ttl`',
      { expiration_time: "gg" },
    ],
    ["endpoint (`oss.endpoint` overrides it) isn't an endpoint", { endpoint: "a/b" }],
    ["result.model.security_token: ", { security_token: undefined }],
  ])("can't use an answer: %s", async (fault, more) => {
    await expect(issueWith(answerOf([{ ...token, ...more }]))).rejects.toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining(fault),
    });
  });

  it("uses the configuration where the answer can't be used", async () => {
    const { leases } = await issueWith(
      answerOf([{ ...token, expiration_time: "gg", endpoint: "ddfc" }]),
      { lease_ttl: 900, oss: { endpoint: "oss-cn-beijing.aliyuncs.com", region: "cn-beijing" } },
    );
    expect(leases).toMatchObject([
      { ends: { after: 900_000 }, bucket: { endpoint: "https://oss-cn-beijing.aliyuncs.com" } },
    ]);
  });

  it.each(["", "..", "a/b", "a\\b", "a\nb"])("rejects the scene %j", (scene) => {
    expect(rexAt(gateway).selector.safeParse({ scene }).success).toBe(false);
  });

  it.each([
    ["sign: rex's document doesn't say how", undefined],
    ["sign: rex's document doesn't say how", {}],
    ["sign: Give `module` alone", { ...sign, module: "x.mjs" }],
    ["sign.algorithm: It is needed with `template`", { template }],
    ["sign.template: It is needed with `algorithm`", { algorithm: "md5" }],
    ["sign.template: There is no {time} to insert", { ...sign, template: "{time}" }],
    [
      "sign.template: sha1 has no key, so the template must contain",
      { ...sign, algorithm: "sha1" },
    ],
  ])("isn't made with %s", (fault, given) => {
    expect(() => rexAt(gateway, { sign: given })).toThrow(fault);
  });

  it("isn't made with a prefix of unknown parts", () => {
    expect(() => rexAt(gateway, { oss: { prefix: "{suit}/" } })).toThrow(
      "oss.prefix: Only {scene}",
    );
  });

  it.each([["/"], [" "], ["*"], ["../{scene}"]])("isn't made with the prefix %j", (prefix) => {
    expect(() => rexAt(gateway, { oss: { prefix } })).toThrow("oss.prefix: It isn't a folder");
  });
});
