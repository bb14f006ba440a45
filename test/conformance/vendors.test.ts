import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { ExhibitError, type FileBody } from "@exhibit/contracts";
import {
  createBroker,
  createVendors,
  type FolderOfCase,
  type Lease,
  registeredVendor,
  type Vendor,
  type VendorName,
  vendorNames,
} from "@exhibit/credentials";
import { createObjectStore } from "@exhibit/oss";
import { type GatewayFaultOrder, type Sandbox, startSandbox } from "@exhibit/sandbox";
import { dataFolder } from "@exhibit/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { crc64 } from "../../packages/sources/src/digests/crc64.ts";

/** What the suite has to know of a vendor. */
interface Row {
  /** A folder that the sandbox opens. */
  readonly folder: FolderOfCase;
  /** Where it lies: `bucket/prefix`. */
  readonly place: string;
  /** Another one that is refused while the first is opened: half a success, if one call can ask for both. */
  readonly refused: FolderOfCase;
  /** The other one's name in the sandbox, and the vendor's own code. */
  readonly refusal: { readonly folder: string; readonly code: string };
  /** A name that the vendor can take. */
  readonly file: string;
}

const caseOf = (vendor: VendorName, folder: Record<string, string>): FolderOfCase => ({
  vendor,
  entrust_id: undefined,
  suit_ids: [],
  folder,
});
const mandate = { entrust_id: "E-77", suit_ids: ["1001", "1002"] };
const wombatFolder = { merchant_code: "HM", scenes_code: "1", ou_code: "8007", robot_sn: "R1" };
const record = { type: "OWNBRAND", index: "1", suffix: "jpg" };

/** Every vendor has a row; a new one is a row more. */
const rows: Record<VendorName, Row> = {
  kongur: {
    folder: { ...caseOf("kongur", { suit_id: "1001" }), ...mandate },
    place: "evidence/kongur/E-77/suits/1001/",
    refused: { ...caseOf("kongur", { suit_id: "1002" }), ...mandate },
    refusal: { folder: "1002", code: "SUIT_CLOSED" },
    file: "a.txt",
  },
  deepvision: {
    folder: caseOf("deepvision", { op_poi_id: "p1", op_tenant_code: "t1" }),
    place: "deepvision/t1/p1/",
    refused: caseOf("deepvision", { op_poi_id: "p2", op_tenant_code: "t1" }),
    refusal: { folder: "p2", code: "4003" },
    file: "a.txt",
  },
  rex: {
    folder: caseOf("rex", { scene: "a" }),
    place: "rex/a/",
    refused: caseOf("rex", { scene: "b" }),
    refusal: { folder: "b", code: "SCENE_CLOSED" },
    file: "a.txt",
  },
  wombat: {
    folder: caseOf("wombat", wombatFolder),
    place: "wombat/HM/1/8007/R1/",
    refused: caseOf("wombat", { ...wombatFolder, robot_sn: "R2" }),
    refusal: { folder: "HM/1/8007/R2", code: "NO_ROBOT" },
    file: "a.txt",
  },
  // It opens images one by one.
  industry: {
    folder: caseOf("industry", { ...record, id: "1001" }),
    place: "iotx-industry/OWNBRAND/1001/",
    refused: caseOf("industry", { ...record, id: "1002" }),
    refusal: { folder: "1002", code: "4003" },
    file: "1.jpg",
  },
};

type Expected = Pick<ExhibitError, "code"> & { retryAfter?: number };
const down: Expected = { code: "VENDOR_UNAVAILABLE" };

const moods: [string, Omit<GatewayFaultOrder, "vendor">, Expected][] = [
  ["denies", { mood: "denied" }, { code: "VENDOR_REFUSED" }],
  [
    "bans for a second",
    { mood: "throttled", banSeconds: 1 },
    { code: "VENDOR_THROTTLED", retryAfter: 1000 },
  ],
  [
    "bans for the rest of the day",
    { mood: "throttled", banSeconds: 31_062 },
    { code: "VENDOR_THROTTLED", retryAfter: 31_062_000 },
  ],
  ["can't reach the vendor", { mood: "unavailable" }, down],
  ["is down", { mood: "down" }, down],
  ["hangs up", { mood: "reset" }, down],
  ["answers half a text", { mood: "malformed" }, { code: "VENDOR_ANSWER_INVALID" }],
];

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

let sandbox: Sandbox;
let removeFolder: () => Promise<void>;
let options: Record<string, Record<string, unknown>>;
let vendors: Record<string, Vendor>;

beforeAll(async () => {
  const folder = await dataFolder("vendors");
  removeFolder = folder.remove;
  sandbox = await startSandbox({ dataDir: folder.path });
  options = sandbox.config([root]).vendors;
  vendors = createVendors(options);
});
afterEach(() => sandbox.gateway.heal());
afterAll(async () => {
  await sandbox.close();
  await removeFolder();
});

/** Asks the vendor anew: a broker of its own remembers nothing of what went before. */
async function lease(of: FolderOfCase): Promise<Lease> {
  const broker = createBroker({ vendors });
  try {
    return await broker.lease(of);
  } finally {
    broker.close();
  }
}

async function failureOf(asked: Promise<unknown>): Promise<ExhibitError> {
  const thrown: unknown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ExhibitError);
  return thrown as ExhibitError;
}

function bodyOf(text: string): FileBody {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    read: async () => ({
      bytes,
      crc64: crc64(bytes),
      sha256: createHash("sha256").update(bytes).digest(),
      release() {},
    }),
    rewind: async () => {},
  };
}

describe.each(vendorNames)("%s at its stand-in", (name) => {
  const { folder, place, refused, refusal, file } = rows[name];
  const fail = (fault: Omit<GatewayFaultOrder, "vendor">) =>
    sandbox.gateway.fail({ vendor: name, ...fault });

  test("healthy: gives a lease that OSS takes, for its own folder and no other", async () => {
    const given = await lease(folder);
    expect(`${given.bucket.name}/${given.prefix}`).toBe(place);
    expect(given.expiresAt.getTime()).toBeGreaterThan(Date.now() + 1000);
    const store = createObjectStore();
    const leases = { current: async () => given, replace: async () => given };
    const receipt = await store.put({ leases, name: file, body: bodyOf(name) });
    expect(receipt).toMatchObject({ outcome: "stored", key: `${given.prefix}${file}` });
    const { object: _, ...folderLease } = given;
    const astray = { ...folderLease, prefix: "elsewhere/", prefixes: ["elsewhere/"] };
    const strayLeases = { current: async () => astray, replace: async () => astray };
    const denied = await failureOf(
      store.put({ leases: strayLeases, name: file, body: bodyOf(name) }),
    );
    store.close();
    expect(denied.code).toBe("STORE_DENIED");
  });

  test.each(moods)(
    "fails when the gateway %s, as what it is, then recovers",
    async (_, fault, as) => {
      const ordered = fail(fault);
      const error = await failureOf(lease(folder));
      expect(error).toMatchObject(as);
      expect(error.retryAfter).toBe(as.retryAfter);
      expect(error.message).toContain(`${name}: `);
      expect(error.details.vendor).toBe(name);
      expect(ordered.applied).toBe(1);
      // What the sandbox's own tokens begin with.
      expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/CAIS|STS\./);
      expect((await lease(folder)).prefix).not.toBe("");
    },
  );

  test("slow: waits for the answer", async () => {
    const begun = performance.now();
    fail({ mood: "slow", delayMs: 200 });
    expect((await lease(folder)).prefix).not.toBe("");
    expect(performance.now() - begun).toBeGreaterThanOrEqual(195);
  });

  test("half-successful: opens one folder and says of the other, in the vendor's words, why not", async () => {
    sandbox.gateway.refuse({ vendor: name, message: "已关闭", ...refusal });
    const error = await failureOf(lease(refused));
    expect(error.code).toBe("VENDOR_REFUSED");
    expect(error.message).toContain(`${refusal.code} 已关闭`);
    expect((await lease(folder)).prefix).not.toBe("");
    sandbox.gateway.heal();
    expect((await lease(refused)).prefix).not.toBe("");
  });

  test("leaking: a secret that the gateway repeats is in no part of the error", async () => {
    const secrets = registeredVendor(name)?.secretsOf(options[name]) ?? [];
    expect(secrets.length).toBeGreaterThan(0);
    const leak = `your secrets are ${secrets.join(" and ")}`;
    fail({ mood: "error", code: 15, message: leak, subCode: `isv.${leak}`, subMessage: leak });
    const error = await failureOf(lease(folder));
    const shown = inspect(error, { depth: null, showHidden: true });
    expect(shown).toContain("your secrets are");
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });

  test("leaking: a secret in the vendor's own refusal is masked as well", async () => {
    const secrets = registeredVendor(name)?.secretsOf(options[name]) ?? [];
    const message = `your secrets are ${secrets.join(" and ")}`;
    sandbox.gateway.refuse({ vendor: name, ...refusal, message });
    const shown = inspect(await failureOf(lease(refused)), { depth: null, showHidden: true });
    expect(shown).toContain("your secrets are");
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });

  test("aborted: stops at once with the caller's reason", async () => {
    const vendor = vendors[name] as Vendor;
    const controller = new AbortController();
    const reason = new Error("enough");
    const ordered = fail({ mood: "slow", delayMs: 60_000 });
    const failed = failureOf(vendor.issue(vendor.call(folder), { signal: controller.signal }));
    await expect.poll(() => ordered.applied).toBe(1);
    controller.abort(reason);
    expect(await failed).toMatchObject({ code: "INTERRUPTED", cause: reason });
  });

  test("a clock that is off is learnt from the answer", async () => {
    sandbox.clocks.skew({ gateway: 3_600_000 });
    try {
      expect((await lease(folder)).prefix).not.toBe("");
    } finally {
      sandbox.clocks.skew({ gateway: 0 });
      // The vendor has learnt the skewed clock, and learns the true one again.
      await lease(folder);
    }
  });
});

test("registry, vendors' folder, sandbox, example and docs name the same vendors", () => {
  const names = [...vendorNames].sort();
  const files = readdirSync(join(root, "packages/credentials/src/vendors"))
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((name) =>
      read(`packages/credentials/src/vendors/${name}.ts`).includes(`export const ${name}Options`),
    );
  const named = (path: string, pattern: RegExp) =>
    [...read(path).matchAll(pattern)].map((match) => match[1]).sort();
  expect(files.sort()).toEqual(names);
  expect(Object.keys(sandbox.config([root]).vendors).sort()).toEqual(names);
  expect(named("docs/vendors.md", /^## (.+)$/gm)).toEqual(names);
  expect(named("exhibit.example.yaml", /^ {2}(?:# )?([a-z]+):$/gm)).toEqual(names);
});

test.each(vendorNames)("docs/vendors.md has every option and folder key of %s", (name) => {
  const [shared = "", ...sections] = read("docs/vendors.md").split(/^## /m);
  const own = sections.find((section) => section.startsWith(`${name}\n`));
  const options = keysOf(registeredVendor(name)?.options);
  for (const key of [...options, ...Object.keys(rows[name].folder.folder)]) {
    expect(`${shared}${own}`, key).toContain(`\`${key}\``);
  }
});

/** The names of a schema's options, the nested ones with dots. */
function keysOf(schema: unknown, at = ""): string[] {
  let inner = schema as { shape?: object; unwrap?: () => unknown };
  while (inner.shape === undefined && typeof inner.unwrap === "function") {
    inner = inner.unwrap() as typeof inner;
  }
  if (inner.shape === undefined) return at === "" ? [] : [at];
  return Object.entries(inner.shape).flatMap(([key, member]) =>
    keysOf(member, at === "" ? key : `${at}.${key}`),
  );
}
