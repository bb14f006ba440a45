import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig, secretsOf } from "../../src/index.ts";

/** A configuration like the one in the README. */
const sample = `
sources: { roots: ["\${ROOT}/evidence"] }
vendors:
  kongur:
    gateway: \${GATEWAY}
    app_key: "12345678"
    app_secret: \${KONGUR_APP_SECRET}
    sign_method: hmac-sha256
    kongur_app_key: k
    suit_ids_separator: ","
    lease_ttl: 3600
    oss: { endpoint: "https://oss-cn-hangzhou.aliyuncs.com", region: cn-hangzhou, bucket: evidence, path_style: false }
  deepvision:
    gateway: https://gw.api.taobao.com/router/rest
    app_key: "12345678"
    app_secret: \${DEEPVISION_APP_SECRET}
    product_code: oss
    scene_code: evidence
    usage_scene: upload
    network: public
    oss: { region: cn-hangzhou, path_style: false }
`;

describe("exhibit.yaml", () => {
  let folder: string;
  let path: string;
  const variables = {
    ROOT: "/mnt",
    GATEWAY: "https://gw.api.taobao.com/router/rest",
    KONGUR_APP_SECRET: `s3cret-$\{ROOT}`,
  };
  const written = async (text: string): Promise<string> => {
    await writeFile(path, text);
    return path;
  };
  const failure = async (text: string, given: Record<string, string> = {}): Promise<string[]> => {
    const error: Error = await loadConfig(await written(text), given).then(
      () => new Error("no fault"),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(inspect(error, { depth: null })).not.toContain("s3cret");
    return error.message.split("\n");
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "exhibit-config-"));
    path = join(folder, "exhibit.yaml");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("doesn't mistake an object's inherited property for a variable", async () => {
    expect(await failure(`sources: { roots: ['/$\{constructor}'] }\nvendors: {}`)).toContain(
      "sources.roots.0: the environment has neither constructor nor constructor_FILE",
    );
  });

  it("takes variables from the environment and from files, and doesn't expand their values", async () => {
    const file = join(folder, "secret");
    await writeFile(file, "  from-a-file\n");
    const config = await loadConfig(await written(sample), {
      ...variables,
      DEEPVISION_APP_SECRET_FILE: file,
    });
    expect(config.sources.roots).toEqual(["/mnt/evidence"]);
    expect(config.vendors).toMatchObject({ kongur: { gateway: variables.GATEWAY } });
    expect(secretsOf(config)).toEqual([`s3cret-$\{ROOT}`, "from-a-file"]);
  });

  it("ignores a line break after a value, and names the key of a value with one inside", async () => {
    const given = { ...variables, DEEPVISION_APP_SECRET: "s3cret-2" };
    const config = await loadConfig(await written(sample), {
      ...given,
      KONGUR_APP_SECRET: "\ufeffs3cret-1\r\n",
    });
    expect(config.vendors).toMatchObject({ kongur: { app_secret: "s3cret-1" } });
    for (const [broken, reason] of [
      ["s3cret\n-1", "It contains a blank, a line break or an invisible character"],
      ['"s3cret-1"', "It is in quotes"],
    ] as const) {
      const [, fault] = await failure(sample, { ...given, KONGUR_APP_SECRET: broken });
      expect(fault).toBe(`vendors.kongur.app_secret: ${reason}`);
    }
    expect(await failure(sample, { ...given, KONGUR_APP_SECRET: " \n" })).toContain(
      "vendors.kongur.app_secret: the environment has neither KONGUR_APP_SECRET nor KONGUR_APP_SECRET_FILE",
    );
  });

  it("resolves paths in vendors' options relative to its own folder", async () => {
    const rex = `vendors:
  rex:
    gateway: https://gw.api.taobao.com/router/rest
    app_key: "12345678"
    app_secret: s1
    rex_access_key: k
    rex_access_secret: s2
    sign: { module: ./rex-sign.mjs }
    oss: { region: cn-hangzhou, bucket: robots }
`;
    const config = await loadConfig(await written(`sources: { roots: ["/e"] }\n${rex}`), {});
    expect(config.vendors).toMatchObject({
      rex: { sign: { module: join(folder, "rex-sign.mjs"), time_unit: "ms" } },
    });
  });

  it("resolves paths of certificates relative to its own folder, and takes PEM as it is", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    const located = async (certificate: string) => {
      const tsa = { name: "tsa", url: "https://tsa.example.com/tsr", ca: certificate };
      const custody = { certificate, stamps: [tsa] };
      const text = JSON.stringify({ sources: { roots: ["/e"] }, custody, vendors: {} });
      const config = await loadConfig(await written(text), {});
      return [config.custody?.certificate, config.custody?.stamps?.[0]?.ca];
    };
    for (const [given, place] of [
      ["keys/firm.pem", join(folder, "keys/firm.pem")],
      ["../firm.pem", join(folder, "../firm.pem")],
      ["/etc/firm.pem", "/etc/firm.pem"],
      [pem, pem],
    ] as const)
      expect(await located(given)).toEqual([place, place]);
  });

  it("names the key and the variable of each missing value, once, with the other faults", async () => {
    const given = {
      ROOT: "",
      KONGUR_APP_SECRET: "s3cret",
      DEEPVISION_APP_SECRET_FILE: join(folder, "none"),
    };
    expect(await failure(sample.replace("lease_ttl: 3600", "lease_ttl: soon"), given)).toEqual([
      `${path} can't be used:`,
      "sources.roots.0: the environment has neither ROOT nor ROOT_FILE",
      "vendors.kongur.gateway: the environment has neither GATEWAY nor GATEWAY_FILE",
      "vendors.deepvision.app_secret: the file of DEEPVISION_APP_SECRET_FILE can't be read: ENOENT",
      "vendors.kongur.lease_ttl: a number is expected",
    ]);
  });

  it("rejects invalid variable names and empty files", async () => {
    const empty = join(folder, "empty");
    await writeFile(empty, "\n");
    const text = `sources: { roots: ["$\{a b}", "$\{EMPTY}"] }\nvendors: {}\n`;
    expect(await failure(text, { EMPTY_FILE: empty })).toEqual([
      `${path} can't be used:`,
      `sources.roots.0: $\{a b} isn't a valid variable name`,
      "sources.roots.1: the file of EMPTY_FILE is empty",
    ]);
  });

  it("names the line that isn't YAML, without quoting it", async () => {
    const text = 'sources: { roots: ["/e"] }\nvendors:\n  kongur: "s3cret" "s3cret"\n  kongur: 1\n';
    const [first, ...faults] = await failure(text);
    expect(first).toBe(`${path} can't be used:`);
    expect(faults[0]).toMatch(/^line 3, column \d+: not YAML: /);
  });

  it("reports a duplicate key", async () => {
    expect(await failure("vendors: {}\nsources: {}\nvendors: {}\n")).toEqual([
      `${path} can't be used:`,
      "line 3, column 1: not YAML: duplicate key",
    ]);
  });

  it("says when it doesn't exist", async () => {
    const nowhere = join(folder, "nowhere.yaml");
    await expect(loadConfig(nowhere, {})).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `${nowhere} can't be read: ENOENT`,
    });
  });
});
