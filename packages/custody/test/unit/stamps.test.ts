import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Authority, openAuthority, type StampMood } from "@exhibit/sandbox";
import { dataFolder } from "@exhibit/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  checkStamp,
  digestOf,
  readTrust,
  type Stamp,
  type StampFault,
  type StampRequest,
  stampRequest,
  type Trust,
  tokenFault,
  writeStampRequest,
} from "../../src/index.ts";

const run = promisify(execFile);
const TEXT = "Exhibit seal 1\nNumber: 1\n";

let folder: Awaited<ReturnType<typeof dataFolder>>;
let authority: Authority;
let trust: Trust;
beforeAll(async () => {
  folder = await dataFolder("stamps");
  authority = openAuthority({ dataDir: join(folder.path, "tsa"), now: () => Date.now() });
  trust = trusted(authority.ca);
});
afterAll(() => folder.remove());

function trusted(pem: string): Trust {
  const read = readTrust(pem);
  if (typeof read === "string") throw new Error(read);
  return read;
}

/** Asks the sandbox's authority, and checks what it answers. */
function asked(mood?: StampMood, request = stampRequest(TEXT)): Stamp | StampFault {
  return checkStamp(authority.answer(writeStampRequest(request), mood), request, trust);
}

/** Runs the system's OpenSSL in the test's folder. */
const openssl = (...args: string[]) => run("openssl", args, { cwd: folder.path });

test("A request is what the design's vector has", () => {
  const digest = digestOf("abc");
  const request: StampRequest = {
    digest: "sha256",
    imprint: Buffer.from(digest, "hex"),
    nonce: Buffer.from("4102030405060708", "hex"),
  };
  expect(writeStampRequest(request).toString("hex")).toBe(
    `30430201013031300d060960864801650304020105000420${digest}020841020304050607080101ff`,
  );
});

test("A request has a nonce of its own, which is positive, and a policy where one is set", async () => {
  const nonces = Array.from({ length: 200 }, () => stampRequest(TEXT).nonce);
  expect(new Set(nonces.map((nonce) => nonce.toString("hex"))).size).toBe(200);
  expect(
    nonces.every(({ length, 0: first = 0 }) => length === 8 && first >= 0x40 && first < 0x80),
  ).toBe(true);
  await writeFile(
    join(folder.path, "asked.tsq"),
    writeStampRequest(stampRequest(TEXT, { policy: "1.2.3.99", digest: "sm3" })),
  );
  const { stdout } = await openssl("ts", "-query", "-in", "asked.tsq", "-text");
  expect(stdout).toContain("Policy OID: 1.2.3.99");
  expect(stdout).toContain("Hash Algorithm: sm3");
  expect(stdout).toContain("Certificate required: yes");
});

describe("A stamp of the sandbox's authority", () => {
  test.each(["ecdsa", "rsa", "rsa-pss"] as const)("is in order for us, signed by %s", (signs) => {
    const dataDir = join(folder.path, signs);
    const own = openAuthority({ dataDir, now: () => Date.UTC(2026, 10, 30, 1, 2, 3), signs });
    const request = stampRequest(TEXT);
    expect(checkStamp(own.answer(writeStampRequest(request)), request, trusted(own.ca))).toEqual({
      at: new Date("2026-11-30T01:02:03.000Z"),
      serial: expect.stringMatching(/^01[0-9a-f]{14}$/),
      policy: "1.3.6.1.4.1.57264.2",
    });
  });

  test("is in order for OpenSSL", async () => {
    await writeFile(join(folder.path, "own.txt"), TEXT);
    await writeFile(join(folder.path, "own.pem"), authority.ca);
    await writeFile(
      join(folder.path, "own.tsr"),
      authority.answer(writeStampRequest(stampRequest(TEXT))),
    );
    const { stdout } = await openssl(
      ..."ts -verify -data own.txt -in own.tsr -CAfile own.pem".split(" "),
    );
    expect(stdout).toContain("Verification: OK");
  });

  test("is in order with a digest by SM3, and with the policy that was asked for", () => {
    expect(asked(undefined, stampRequest(TEXT, { digest: "sm3" }))).toHaveProperty("at");
    expect(asked(undefined, stampRequest(TEXT, { policy: "1.2.3.4.1" }))).toMatchObject({
      policy: "1.2.3.4.1",
    });
  });

  test.each([
    ["other imprint", "it stamps another digest than was asked for"],
    ["other nonce", "it answers another request: its nonce isn't ours"],
    ["other name", "it doesn't bring the certificate that its signature names"],
    ["foreign root", "its certificate doesn't lead to the configured root"],
    [
      "ended certificate",
      expect.stringMatching(/^its certificate ended on .* before the stamp's time$/),
    ],
    ["web certificate", "its certificate isn't for time stamps alone"],
    ["loose purpose", "its certificate's purpose isn't critical"],
    ["many purposes", "its certificate isn't for time stamps alone"],
  ] as const)("is refused with %s", (mood, reason) => {
    expect(asked(mood)).toEqual({ kind: "invalid", reason });
  });

  test("is refused under another policy than the one that was asked for", () => {
    expect(asked("other policy", stampRequest(TEXT, { policy: "1.2.3" }))).toMatchObject({
      kind: "invalid",
      reason: expect.stringContaining("not under the one that was asked for"),
    });
  });

  test("isn't there when the authority refuses, or has no time at the moment", () => {
    expect(asked("refusing")).toEqual({ kind: "refused", reason: "it is status 2: No, thanks." });
    expect(asked("timeless")).toMatchObject({ kind: "away" });
  });

  test("is of the time at which its certificate was valid, also long after that", async () => {
    const own = openAuthority({ dataDir: join(folder.path, "old"), now: () => Date.UTC(2011, 1) });
    const request = stampRequest(TEXT);
    const answer = own.answer(writeStampRequest(request));
    expect(checkStamp(answer, request, trusted(own.ca))).toHaveProperty("at");
  });

  test("with a bit of any byte flipped is refused, or says the same", () => {
    const request = stampRequest(TEXT);
    const answer = authority.answer(writeStampRequest(request));
    const good = checkStamp(answer, request, trust);
    let same = 0;
    for (let at = 0; at < answer.length; at += 1) {
      const other = Buffer.from(answer);
      other.writeUInt8(other.readUInt8(at) ^ (1 << (at % 8)), at);
      const checked = checkStamp(other, request, trust);
      if ("at" in checked) same += 1;
      if ("at" in checked) expect(checked).toEqual(good);
    }
    // The root that the token brings isn't what is trusted, and versions say nothing.
    const [root] = trust.roots;
    expect(same).toBeLessThan((root?.x509.raw.length ?? 0) + 25);
  });

  test("that is cut off anywhere, or has more behind it, is refused", () => {
    const request = stampRequest(TEXT);
    const answer = authority.answer(writeStampRequest(request));
    for (let length = 0; length < answer.length; length += 1) {
      expect(checkStamp(answer.subarray(0, length), request, trust)).toMatchObject({
        kind: "invalid",
      });
    }
    const longer = Buffer.concat([answer, Buffer.from([5, 0])]);
    expect(checkStamp(longer, request, trust)).toMatchObject({ kind: "invalid" });
    expect(tokenFault(longer)).toMatchObject({ kind: "invalid" });
    expect(tokenFault(answer)).toBeUndefined();
  });
});

describe("OpenSSL's own authority", () => {
  const config = `
[tsa]
default_tsa = own
[own]
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sm3
accuracy = secs:1, millisecs:500
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha256
[stamps]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
[top]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[subject]
distinguished_name = none
[none]
`;
  let root: string;
  beforeAll(async () => {
    await writeFile(join(folder.path, "ca.cnf"), config.replaceAll("\n[subject]", "\n[req]"));
    await writeFile(join(folder.path, "serial"), "00F1\n");
    const make = async (
      name: string,
      issuer: string | undefined,
      extensions: string,
      key: string,
    ) => {
      const by = issuer ? ["-CA", `${issuer}.crt`, "-CAkey", `${issuer}.key`] : [];
      const args = `req -x509 -nodes -days 30 -sha256 -config ca.cnf -extensions ${extensions}`;
      const files = `-subj /CN=${name} -keyout ${name}.key -out ${name}.crt -newkey ${key}`;
      await openssl(...args.split(" "), ...files.split(" "), ...by);
    };
    const p256 = "ec -pkeyopt ec_paramgen_curve:P-256";
    await make("root", undefined, "top", p256);
    await make("between", "root", "authority", "rsa:2048");
    await Promise.all([
      make("ec", "between", "stamps", p256),
      make("rsa", "between", "stamps", "rsa:2048"),
    ]);
    root = await readFile(join(folder.path, "root.crt"), "utf8");
  });

  /** Returns OpenSSL's answer to a request. */
  async function reply(name: string, request: StampRequest): Promise<Buffer> {
    await writeFile(join(folder.path, `${name}.tsq`), writeStampRequest(request));
    await openssl(
      ..."ts -reply -config ca.cnf".split(" "),
      "-queryfile",
      `${name}.tsq`,
      "-signer",
      `${name}.crt`,
      "-inkey",
      `${name}.key`,
      "-chain",
      "between.crt",
      "-out",
      `${name}.tsr`,
    );
    return await readFile(join(folder.path, `${name}.tsr`));
  }

  test.each(["ec", "rsa"])(
    "gives stamps that are in order (%s), by an issuer in between",
    async (name) => {
      const request = stampRequest(TEXT, {
        policy: "1.2.3.4.1",
        digest: name === "ec" ? "sm3" : "sha256",
      });
      const answer = await reply(name, request);
      expect(checkStamp(answer, request, trusted(root))).toEqual({
        at: expect.any(Date),
        serial: expect.stringMatching(/^(00)?f[0-9a-f]$/),
        policy: "1.2.3.4.1",
      });
      expect(checkStamp(answer, request, trust)).toMatchObject({
        reason: "its certificate doesn't lead to the configured root",
      });
    },
  );

  test("refuses a policy that it doesn't have", async () => {
    const request = stampRequest(TEXT, { policy: "1.2.3.99" });
    expect(checkStamp(await reply("ec", request), request, trusted(root))).toMatchObject({
      kind: "refused",
      reason: expect.stringContaining("status 2"),
    });
  });
});

describe("What is trusted", () => {
  test("has a root, and nothing that can't be read", () => {
    expect(readTrust("nothing")).toContain("no self-signed certificate");
    expect(readTrust(authority.ca.replace(/MII.{20}/, "MIIAAAAAAAAAAAAAAAAAAAAA"))).toContain(
      "can't be read",
    );
  });
});
