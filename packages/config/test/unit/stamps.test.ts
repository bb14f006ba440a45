import { expect, it } from "vitest";
import { parseConfig, secretsOf } from "../../src/index.ts";

const tsa = { name: "tsa", url: "https://tsa.example.com/tsr", ca: "root.pem" };

function faults(stamps: unknown, more: object = {}): string {
  try {
    const value = { sources: { roots: ["/e"] }, custody: { stamps, ...more }, vendors: {} };
    parseConfig(value, "memory");
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

it("Authorities of time stamps have a name, an address, and what their certificates lead to", () => {
  const all = { policy: "1.2.3.4", digest: "sm3", headers: { authorization: "Basic s3cret" } };
  expect(faults([tsa, { ...tsa, ...all, name: "tsa-2" }], { stamps_wanted: 2 })).toBe("");
  expect(faults([{ name: "sm2", url: tsa.url, check: "none" }])).toBe("");
  expect(faults([{ name: "tsa", url: tsa.url }])).toContain("needs a `ca`");
  expect(faults([{ ...tsa, check: "none" }])).toContain("needs a `ca`");
  expect(faults([tsa, tsa])).toContain("the same name");
  expect(faults([tsa], { stamps_wanted: 2 })).toContain("fewer authorities");
  for (const name of ["../x", "TSA", "a/b", "a.tsr", "-a", "a".repeat(41)]) {
    expect(faults([{ ...tsa, name }]), name).toContain("small letters");
  }
  for (const url of [
    "tsa.example.com",
    "file:///etc/passwd",
    "https://user:s3cret@tsa.example.com",
  ]) {
    expect(faults([{ ...tsa, url }]), url).toContain("an address");
    expect(faults([{ ...tsa, url }])).not.toContain("s3cret");
  }
  for (const policy of ["", "1", "1.2.", "1.02", "a.b"]) {
    expect(faults([{ ...tsa, policy }]), policy).toContain("an identifier");
  }
});

it("What is sent to an authority in headers is a secret", () => {
  const stamps = [{ ...tsa, headers: { authorization: "Basic s3cret" } }];
  const value = { sources: { roots: ["/e"] }, custody: { stamps }, vendors: {} };
  expect(secretsOf(parseConfig(value, "memory"))).toContain("Basic s3cret");
});
