import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, json, startFakeApi } from "@exhibit/client/testing";
import { TRIAL_NOTICE, type VendorState } from "@exhibit/contracts";
import { type Sandbox, startSandbox } from "@exhibit/sandbox";
import { freePort } from "@exhibit/testkit";
import { startProxy } from "@exhibit/testkit/proxy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { against, exhibit, exhibitProcess } from "../../support/run.ts";

/** Runs `exhibit vendors` in this process. */
const vendors = (args: readonly string[], env: Record<string, string>) =>
  exhibit(["vendors", ...args], env);

describe("exhibit vendors", () => {
  const states: VendorState[] = [
    { vendor: "kongur", state: "ok", leases: 3, calls: 7, refusals: 0 },
    {
      vendor: "rex",
      state: "open",
      until: "2026-11-23T12:00:00.000Z",
      last_error_code: "VENDOR_UNAVAILABLE",
      last_error: "rex: no answer",
      leases: 0,
      calls: 5,
      refusals: 0,
      waiting_files: 1200,
      waiting_imports: 2,
    },
  ];

  test("lists the vendors with their state, and as JSON", async () => {
    await using api = await startFakeApi((response) =>
      json(response, { scope: "fleet", trial: false, items: states }),
    );
    const env = { EXHIBIT_API_URL: api.url };
    const { code, stdout } = await vendors([], env);
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["vendor", "state", "until", "files left", "leases", "calls", "refusals", "last error"],
      ["kongur", "ok", "-", "3", "7", "0"],
      ["rex", "open", "2026-11-23T12:00:00.000Z", "1200", "0", "5", "0", "VENDOR_UNAVAILABLE"],
      ["rex: no answer"],
      ["", "Nothing: it is retried. Tell the vendor if it lasts."],
      [""],
    ]);
    expect((await vendors(["--json"], env)).last()).toEqual({
      scope: "fleet",
      trial: false,
      vendors: states,
    });
    expect(api.asked.map(({ path }) => path)).toEqual(["/v1/vendors", "/v1/vendors"]);
  });

  test("says what stands against a vendor, and what can be done", async () => {
    const last_error = "kongur: 25 Invalid signature (gateway)";
    const failing = { state: "failing", last_error, last_error_code: "VENDOR_MISCONFIGURED" };
    const items = states.map((state, index) => (index === 0 ? { ...state, ...failing } : state));
    await using api = await startFakeApi((response) =>
      json(response, { scope: "fleet", trial: false, items }),
    );
    const { stdout } = await vendors([], { EXHIBIT_API_URL: api.url });
    expect(stdout.split("\n")[1]?.split(/ {2,}/).at(1)).toBe("failing");
    expect(stdout).toContain(
      `${last_error}\n  Correct the vendor's section of the configuration, restart, then retry.\n`,
    );
  });

  test("says which are paused, by whom, and how they go on", async () => {
    const paused = { at: "2026-11-23T12:34:56.000Z", who: "王芳", why: "until Monday" };
    const items = states.map((state) => ({ ...state, paused }));
    await using api = await startFakeApi((response) =>
      json(response, { scope: "fleet", trial: false, items }),
    );
    const { stdout } = await vendors([], { EXHIBIT_API_URL: api.url });
    expect(stdout.split("\n")[1]?.split(/ {2,}/)).toEqual(["kongur", "paused", "-", "3", "7", "0"]);
    expect(stdout).toContain(
      "The vendor kongur was paused by 王芳 at 2026-11-23 12:34 UTC: until Monday.",
    );
    expect(stdout).toContain("npx exhibit resume --vendor rex");
  });

  test("asks the API on this machine itself, whatever proxies the environment names", async () => {
    const proxy = await startProxy();
    await using api = await startFakeApi((response) =>
      json(response, { scope: "fleet", trial: false, items: states }),
    );
    const env = { EXHIBIT_API_URL: api.url, HTTP_PROXY: proxy.url, NODE_USE_ENV_PROXY: "1" };
    expect((await exhibitProcess(["vendors"], env)).code).toBe(0);
    expect([...proxy.asked, ...proxy.plain]).toEqual([]);
  });

  test("shows no numbers that only each worker knows, and says so, and that it is a trial", async () => {
    await using api = await startFakeApi((response) =>
      json(response, { scope: "process", trial: true, items: states.slice(0, 1) }),
    );
    const { stdout } = await vendors([], { EXHIBIT_API_URL: api.url });
    expect(stdout.split("\n")[0]).toBe(TRIAL_NOTICE);
    expect(stdout.split("\n")[2]?.split(/ {2,}/)).toEqual(["kongur", "-", "-", "-", "-", "-"]);
    expect(stdout).toContain("EXHIBIT_LEASE_KEY isn't set");
  });
});

describe("exhibit vendors check --local", () => {
  let folder: string;
  let sandbox: Sandbox;
  let env: { EXHIBIT_CONFIG: string };
  const kongur = ["check", "kongur", "--entrust", "E-77", "--suit", "1001", "--local"];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "exhibit-cli-"));
    sandbox = await startSandbox({ dataDir: join(folder, "sandbox") });
    env = { EXHIBIT_CONFIG: join(folder, "exhibit.yaml") };
    await writeFile(env.EXHIBIT_CONFIG, stringify(sandbox.config([folder])));
  });
  afterAll(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true });
  });

  /** Everything that must not be shown. */
  function secrets(): string[] {
    const { kongur: options } = sandbox.config([]).vendors;
    return [String(options?.app_secret), "CAIS", "STS."];
  }

  test("shows what a real lease opens, proves it, and shows no secret", async () => {
    const { code, stdout, stderr } = await vendors(kongur, env);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "The configuration is a trial's: its vendors are a sandbox's.\n",
    });
    for (const part of [
      "suit_id 1001",
      sandbox.ossUrl,
      "kongur/E-77/suits/1001/",
      "kongur/E-77/firm/",
      "OSS accepts signature and policy (request ",
      "may list  no (AccessDenied)",
      "may read  yes\n",
      "is kept   unknown (AccessDenied)",
    ]) {
      expect(stdout).toContain(part);
    }
    for (const secret of secrets()) expect(stdout).not.toContain(secret);
  });

  test("reaches gateway and OSS through the environment's proxy", async () => {
    const proxy = await startProxy("anna:s3cret");
    const { code, stdout } = await vendors(kongur, { ...env, http_proxy: proxy.url });
    expect(code).toBe(0);
    expect(stdout).toContain("OSS accepts signature and policy");
    const hosts = [sandbox.gatewayUrl, sandbox.ossUrl].map((url) => new URL(url).host);
    expect(proxy.asked).toEqual(hosts);
  });

  test("ends stdout with one object, by --json", async () => {
    const { code, last } = await vendors([...kongur, "--role", "firm", "--json"], env);
    expect(code).toBe(0);
    expect(last()).toMatchObject({
      vendor: "kongur",
      folder: { role: "firm" },
      endpoint: sandbox.ossUrl,
      prefix: "kongur/E-77/firm/",
      probe: { outcome: "absent", request_id: expect.stringMatching(/./) },
    });
    for (const secret of secrets()) expect(JSON.stringify(last())).not.toContain(secret);
  });

  test("of several suits names the one that is refused, and shows the others", async () => {
    sandbox.gateway.refuse({
      vendor: "kongur",
      folder: "1002",
      code: "CLOSED",
      message: "案件已结案",
    });
    const args = [...kongur, "--suit", "1002", "--suit", "1003", "--json"];
    const { code, stderr, last } = await vendors(args, env);
    sandbox.gateway.heal();
    expect(code).toBe(1);
    expect(stderr).toContain("suit_id 1002");
    expect(stderr).toContain("CLOSED 案件已结案");
    expect(last()).toMatchObject({
      folders: [
        { folder: { suit_id: "1001" }, probe: { outcome: "absent" } },
        { folder: { suit_id: "1002" }, error: { code: "VENDOR_REFUSED" } },
        { folder: { suit_id: "1003" }, probe: { outcome: "absent" } },
      ],
    });
  });

  test("says that a lease which may not read is taken, with a warning", async () => {
    sandbox.tokens.setActions(["oss:PutObject"]);
    const { code, last } = await vendors([...kongur, "--json"], env);
    sandbox.tokens.setActions(["oss:PutObject", "oss:GetObject"]);
    expect({ code, last: last() }).toMatchObject({
      code: 0,
      last: {
        probe: { outcome: "unreadable" },
        may: { read: { answer: "no", code: "AccessDenied" } },
      },
    });
  });

  test("says what the bucket keeps, and leaves nothing there", async () => {
    const { tokens, retentions } = sandbox;
    const before = tokens.actions;
    const asking = ["oss:GetBucketWorm", "oss:GetBucketObjectWormConfiguration"];
    tokens.setActions([...before, "oss:ListObjects", ...asking]);
    const store = ["check", "deepvision", "--local"];
    const named = ["--folder", "op_poi_id=p1", "--folder", "op_tenant_code=t1"];
    const told = async () => (await vendors([...store, ...named], env)).stdout;
    expect(await told()).toMatch(/may list {2}yes\n.*may read {2}yes\n.*is kept {3}no: none\n/s);
    retentions.keepAll("deepvision", { state: "Locked", days: 3650 });
    expect(await told()).toContain("is kept   yes: locked 3650 days");
    tokens.setActions(before);
    expect(sandbox.objectCount()).toBe(0);
    expect(sandbox.openUploads()).toEqual([]);
  });

  test.each<[string, (sandbox: Sandbox) => void, number, string]>([
    [
      "the vendor refuses",
      ({ gateway }) =>
        gateway.refuse({ vendor: "kongur", folder: "1001", code: "CLOSED", message: "案件已结案" }),
      1,
      "CLOSED 案件已结案",
    ],
    ["the vendor is down", ({ gateway }) => void gateway.fail({ mood: "down" }), 3, "kongur: "],
    ["OSS is down", ({ oss }) => void oss.fail({ status: 503, code: "InternalError" }), 3, "503"],
    [
      "OSS rejects the signature",
      ({ oss }) => void oss.fail({ status: 403, code: "SignatureDoesNotMatch" }),
      1,
      "SignatureDoesNotMatch",
    ],
  ])("fails when %s, in the words of who failed", async (_name, spoil, expected, words) => {
    spoil(sandbox);
    const { code, stderr, last } = await vendors([...kongur, "--json"], env);
    sandbox.gateway.heal();
    sandbox.oss.heal();
    expect(code).toBe(expected);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("Nothing:");
    expect(last()).toMatchObject({ error: { message: expect.stringContaining(words) } });
  });

  test.each<[string, string[], string]>([
    ["no folder", ["check", "kongur", "--local"], "--suit ID"],
    ["no folder of another vendor's", ["check", "rex", "--local"], "such as --folder scene="],
    [
      "no folder of a vendor that there isn't",
      ["check", "nobody", "--local"],
      "--folder key=value.\n",
    ],
    [
      "a vendor that isn't configured",
      ["check", "nobody", "--folder", "a=b", "--local"],
      "isn't configured",
    ],
    [
      "a folder that can't be named so",
      ["check", "deepvision", "--folder", "a=b", "--local"],
      "folder",
    ],
  ])("ends with 2 on %s", async (_name, args, sentence) => {
    const { code, stdout, stderr } = await vendors(args, env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
  });

  test("is what happens where no API answers, and says so", async () => {
    const away = { EXHIBIT_API_URL: `http://127.0.0.1:${await freePort()}` };
    const args = kongur.filter((arg) => arg !== "--local");
    const { code, stdout, stderr } = await vendors(args, { ...env, ...away });
    expect(code).toBe(0);
    expect(stdout).toContain("OSS accepts signature and policy (request ");
    expect(stderr).toContain(`${away.EXHIBIT_API_URL}`);
    expect(stderr).toContain("So this process asks the vendor itself, as with --local.");
    expect((await vendors(args, away)).code).toBe(3);
  });

  test("needs a configuration", async () => {
    const { code, stderr } = await vendors(kongur, {});
    expect(code).toBe(2);
    expect(stderr).toContain("EXHIBIT_CONFIG");
  });
});

describe("exhibit vendors check by the API", () => {
  const lease = {
    ...{ folder: { suit_id: "1001" }, lease_id: "L1", endpoint: "https://oss.test" },
    ...{ region: "cn-hangzhou", bucket: "evidence", prefix: "suits/1001/" },
    ...{ prefixes: ["suits/1001/"], expires_at: "2099-01-02T03:04:05.678Z" },
  };
  const probe = { outcome: "absent", key: "suits/1001/probe", request_id: "R1" };
  const passed = { message: null, error: null, outcome: "passed" };
  const steps = ["name", "lease", "store"].map((step) => ({ step, ...passed }));
  const args = ["vendors", "check", "kongur", "--entrust", "E-77", "--suit", "1001"];

  /** An API that checks each suit, but refuses 1002. */
  const answer: Answer = (response, { method, body }) => {
    if (method === "GET") return json(response, { scope: "fleet", trial: true, items: [] });
    const { folder } = body as { folder: { suit_id: string } };
    const may = {
      ...{ list: { answer: "no", code: "AccessDenied" }, read: { answer: "yes", code: null } },
      keep: { answer: "yes", code: null, retention: "locked 3650 days" },
    };
    const view = { vendor: "kongur", passed: true, steps, lease: { ...lease, folder }, probe, may };
    if (folder.suit_id !== "1002") return json(response, view);
    const error = { code: "VENDOR_REFUSED", message: "kongur: CLOSED", remedy: "Ask." };
    const refused = { step: "lease", outcome: "failed", message: null, error };
    json(response, { ...view, passed: false, steps: [refused], lease: null, probe: null });
  };

  test("has a worker ask the vendor, and says the same", async () => {
    const { asked, code, stdout, stderr } = await against(answer, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/vendors",
      "POST /v1/vendors/kongur/check",
    ]);
    expect(asked[1]?.body).toEqual({
      ...{ entrust_id: "E-77", suit_ids: ["1001"], folder: { suit_id: "1001" } },
    });
    for (const part of [
      ...["suit_id 1001", "evidence in cn-hangzhou", "policy (request R1)"],
      ...["may list  no (AccessDenied)", "may read  yes\n", "is kept   yes: locked 3650 days"],
    ])
      expect(stdout).toContain(part);
    const { last } = await against(answer, [...args, "--json"]);
    expect(last()).toMatchObject({ trial: true, vendor: "kongur", ...lease, probe });
  });

  test("fails with what the vendor says", async () => {
    const { code, stderr, last } = await against(answer, [...args, "--suit", "1002", "--json"]);
    expect(code).toBe(1);
    expect(stderr).toContain("suit_id 1002:\nkongur: CLOSED [VENDOR_REFUSED]");
    expect(last()).toMatchObject({
      folders: [{ folder: { suit_id: "1001" } }, { error: { code: "VENDOR_REFUSED" } }],
    });
  });
});
