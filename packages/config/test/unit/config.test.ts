import { inspect } from "node:util";
import { vendorNames } from "@exhibit/credentials";
import { describe, expect, it } from "vitest";
import { parseConfig, secretsOf } from "../../src/index.ts";

const kongur = {
  gateway: "https://gw.api.taobao.com/router/rest",
  app_key: "12345678",
  app_secret: "s3cret-1",
  kongur_app_key: "k",
  oss: {
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    region: "cn-hangzhou",
    bucket: "evidence",
  },
};
const deepvision = {
  gateway: "https://gw.api.taobao.com/router/rest",
  app_key: "12345678",
  app_secret: "s3cret-2",
  session: "s3cret-3",
  product_code: "oss",
  scene_code: "evidence",
  usage_scene: "upload",
  oss: { region: "cn-hangzhou" },
};
const sources = { roots: ["/evidence"] };

function faults(value: unknown): string[] {
  try {
    parseConfig(value, "memory");
  } catch (error) {
    expect(error).toMatchObject({ name: "ExhibitError", code: "CONFIG_INVALID" });
    expect(inspect(error, { depth: null })).not.toContain("s3cret");
    return (error as Error).message.split("\n");
  }
  throw new Error("no fault");
}

describe("a configuration", () => {
  it("gets the vendors' defaults", () => {
    const config = parseConfig({ sources, vendors: { kongur, deepvision } }, "memory");
    expect(config).toMatchObject({
      sources,
      vendors: {
        kongur: {
          sign_method: "hmac-sha256",
          suit_ids_separator: ",",
          lease_ttl: 3600,
          oss_dir_key: "{suit_id}",
          oss: { path_style: false, signature_version: "v4" },
        },
        deepvision: { network: "public", oss: { path_style: false } },
      },
    });
  });

  it("is live unless it says that it is a trial", () => {
    const vendors = { kongur };
    expect(parseConfig({ sources, vendors }, "memory").trial).toBe(false);
    expect(faults({ trial: "yes", sources, vendors })[1]).toMatch(/^trial: /);
  });

  it("of a trial leads only to this machine; what leads there must say whether it is a trial", () => {
    const gateway = "http://127.0.0.1:7401/router/rest";
    const oss = { ...kongur.oss, endpoint: "http://localhost:7402" };
    const local = { sources, vendors: { kongur: { ...kongur, gateway, oss } } };
    expect(parseConfig({ trial: true, ...local }, "memory").trial).toBe(true);
    expect(parseConfig({ trial: false, ...local }, "memory").trial).toBe(false);
    expect(faults(local).slice(1)).toEqual([
      expect.stringMatching(/^trial: vendors\.kongur\.gateway is on this machine/),
    ]);
    const far = { trial: true, sources, vendors: { kongur, deepvision } };
    expect(faults(far).slice(1)).toEqual([
      expect.stringMatching(/^vendors\.kongur\.gateway: it leads off this machine/),
      expect.stringMatching(/^vendors\.kongur\.oss\.endpoint: it leads off this machine/),
      expect.stringMatching(/^vendors\.deepvision\.gateway: it leads off this machine/),
    ]);
  });

  it("stays the same when it is parsed again", () => {
    const once = parseConfig({ sources, vendors: { kongur, deepvision } }, "memory");
    expect(parseConfig(once, "memory")).toEqual(once);
  });

  it("may limit how often a vendor is called", () => {
    const rate_limit = { calls: 10, per_seconds: 1 };
    const limited = { ...kongur, rate_limit };
    const config = parseConfig({ sources, vendors: { kongur: limited } }, "memory");
    expect(config.vendors.kongur).toMatchObject({ rate_limit });
    const bad = { ...kongur, rate_limit: { calls: 0, per_minute: 1 } };
    expect(faults({ sources, vendors: { kongur: bad } })).toEqual([
      "memory can't be used:",
      expect.stringMatching(/^vendors\.kongur\.rate_limit\.calls: /),
      "vendors.kongur.rate_limit.per_seconds: it is missing",
      "vendors.kongur.rate_limit.per_minute: there is no such key",
    ]);
  });

  it("knows its secrets", () => {
    const config = parseConfig({ sources, vendors: { kongur, deepvision } }, "memory");
    expect(secretsOf(config)).toEqual(["s3cret-1", "s3cret-2", "s3cret-3"]);
  });

  it("knows the passwords in the servers' addresses, as written and as sent", () => {
    const config = parseConfig({ sources, vendors: { kongur } }, "memory");
    const addresses = {
      redisUrl: "redis://:p%40ss-1@redis:6379",
      databaseUrl: "postgres://exhibit:pass-2@postgres/exhibit",
    };
    expect(secretsOf(config, addresses)).toEqual(["s3cret-1", "p%40ss-1", "p@ss-1", "pass-2"]);
    expect(secretsOf(config, { redisUrl: "redis://redis:6379" })).toEqual(["s3cret-1"]);
  });

  it("accepts a password that isn't percent-encoded", () => {
    const config = parseConfig({ sources, vendors: { kongur } }, "memory");
    expect(secretsOf(config, { redisUrl: "redis://:50%off@redis" })).toEqual([
      "s3cret-1",
      "50%off",
    ]);
  });

  it("reports all faults at once, one per line, without the values", () => {
    const bad = {
      sources: { roots: ["evidence"], root: "x" },
      vendors: {
        kongur: {
          ...kongur,
          app_key: 12345678,
          app_secret: ["s3cret"],
          sign_method: "s3cret",
          lease_ttl: 5,
          oss_dir_key: "s3cret",
          oss: {
            ...kongur.oss,
            endpoint: "s3cret/path",
            region: "oss-cn-hangzhou",
            bucket: "S3cret",
            pathstyle: true,
          },
        },
        deepvision: { ...deepvision, gateway: "https://u:s3cret@gw.test", usage_scene: undefined },
        congur: {},
      },
      extra: 1,
    };
    expect(faults(bad)).toEqual([
      "memory can't be used:",
      "sources.roots.0: it isn't an absolute path",
      "sources.root: there is no such key",
      "extra: there is no such key",
      "vendors.kongur.app_key: a text is expected: put the number in quotes",
      "vendors.kongur.app_secret: a text is expected",
      'vendors.kongur.sign_method: it must be "hmac-sha256" or "hmac" or "md5"',
      "vendors.kongur.lease_ttl: it must be at least 60",
      "vendors.kongur.oss_dir_key: It must contain {suit_id}",
      "vendors.kongur.oss.region: Give the plain id, such as cn-hangzhou (without oss-)",
      "vendors.kongur.oss.endpoint: Give an address with https:// or http:// and without a path, such as https://oss-cn-hangzhou.aliyuncs.com",
      "vendors.kongur.oss.bucket: Not a bucket's name: 3 to 63 of a-z, 0-9 and -",
      "vendors.kongur.oss.pathstyle: there is no such key",
      "vendors.deepvision.gateway: Give the address without a user or password",
      "vendors.deepvision.usage_scene: it is missing",
      `vendors.congur: there is no such vendor; the known ones are ${vendorNames.join(", ")}`,
    ]);
  });

  it("says why rex needs its signer", () => {
    const { kongur_app_key, ...account } = kongur;
    const rex = { ...account, rex_access_key: "k", rex_access_secret: "s3cret-4" };
    expect(faults({ sources, vendors: { rex } })).toEqual([
      "memory can't be used:",
      "vendors.rex.sign: rex's document doesn't say how rex_access_secret_sign is computed: ask rex, then set `module` (a file of yours that computes it), or `algorithm` and `template`",
    ]);
  });

  it.each([[undefined], [null], ["text"], [[]]])("can't be %j", (value) => {
    expect(faults(value)[0]).toBe("memory can't be used:");
  });

  it("needs sources and vendors", () => {
    expect(faults({})).toEqual([
      "memory can't be used:",
      "sources: it is missing",
      "vendors: it is missing",
    ]);
  });
});
