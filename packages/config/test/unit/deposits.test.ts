import { expect, it } from "vitest";
import { parseConfig, secretsOf } from "../../src/index.ts";

const mail = {
  server: "smtps://exhibit:hunter2@smtp.example.com",
  from: "exhibit@firm.example",
  to: "register@notary.example",
};

const configWith = (deposit: unknown, trial = false) => ({
  ...{ trial, sources: { roots: ["/e"] } },
  ...{ custody: { deposit }, vendors: {} },
});

function faults(deposit: unknown, trial = false): string {
  try {
    parseConfig(configWith(deposit, trial), "memory");
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

it("What is kept elsewhere has a place of its own for each import, below the vendor's prefix", () => {
  expect(faults({ key: ".exhibit/{import_id}/" })).toBe("");
  expect(faults({ key: "证据/{import_id}-seal/" })).toBe("");
  for (const key of ["/{import_id}/", "{import_id}", "a//{import_id}/", "a\\{import_id}/", ""])
    expect(faults({ key }), key).toContain("it isn't a folder such as .exhibit/{import_id}/");
  expect(faults({ key: "../{import_id}/" })).toContain("a part . or ..");
  expect(faults({ key: ".exhibit/" })).toContain("it has no {import_id}");
});

it("Third parties have an address, without a secret in it, or a mailbox and a server", () => {
  const url = "https://notary.example.com/heads";
  expect(faults({ url, headers: { authorization: "Bearer x" }, mail })).toBe("");
  expect(faults({ url: "https://user:hunter2@notary.example.com" })).toContain("an address");
  expect(faults({ headers: { authorization: "Bearer x" } })).toContain("no `url`");
  for (const server of [
    "smtp.example.com",
    "https://smtp.example.com",
    "smtp://a/b",
    "smtps://a?x=1",
  ])
    expect(faults({ mail: { ...mail, server } }), server).toContain("smtps://user:password@");
  for (const to of ["nobody", "a@b, c@d", "A <a@b>"])
    expect(faults({ mail: { ...mail, to } }), to).toContain("register@notary.example.com");
});

it("In a trial no mail leaves the machine", () => {
  expect(faults({ mail }, true)).toContain(
    "custody.deposit.mail.server: it leads off this machine",
  );
  expect(faults({ mail: { ...mail, server: "smtp://127.0.0.1:2525" } }, true)).toBe("");
});

it("Headers and the server's password are secrets", () => {
  const deposit = { url: "https://n.example", headers: { authorization: "Bearer x" }, mail };
  const secrets = secretsOf(parseConfig(configWith(deposit), "memory"));
  expect(secrets).toEqual(expect.arrayContaining(["Bearer x", "hunter2"]));
});
