import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { parseConfig } from "@exhibit/config";
import { selfSigned } from "@exhibit/testkit";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, expect, test } from "vitest";
import { depositRulesOf, openDepositParts } from "../../src/deposit-parts.ts";

const servers: SMTPServer[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise<void>((done) => server.close(done))),
  );
});

/** Starts a server of mail. Returns where it is, and the messages that it has taken. */
async function startServer(options: SMTPServerOptions = {}) {
  const messages: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    async onData(stream, _session, done) {
      const parts: Buffer[] = [];
      for await (const bytes of stream) parts.push(bytes as Buffer);
      messages.push(Buffer.concat(parts).toString());
      done();
    },
    ...options,
  });
  // A client that refuses our certificate hangs up.
  server.on("error", () => {});
  servers.push(server);
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  return { messages, host: `127.0.0.1:${(listening.address() as AddressInfo).port}` };
}

function mailTo(server: string) {
  const mail = { server, from: "exhibit@firm.example", to: "register@notary.example" };
  const custody = { deposit: { mail } };
  const config = parseConfig({ sources: { roots: ["/e"] }, custody, vendors: {} }, "memory");
  const rules = depositRulesOf({ ...config, vendors: { kongur: {}, industry: {} } }, broker);
  expect(rules).toEqual({ key: undefined, except: ["industry"], thirdParties: ["mail"] });
  const { mail: parts } = openDepositParts(config);
  if (parts === undefined) throw new Error("nobody is told by mail");
  return parts;
}

const broker = { perFile: (vendor: string) => (vendor === "industry" ? ({} as never) : undefined) };

const message = { subject: "register, entry 1", text: "Head: 00ff\n请保存此邮件。\n" };
const signal = new AbortController().signal;

test("A third party is sent a message that its server takes", async () => {
  const { messages, host } = await startServer();
  await mailTo(`smtp://${host}`).send(message, signal);
  const [text = ""] = messages;
  expect(text).toMatch(/^From: exhibit@firm\.example\r$/m);
  expect(text).toMatch(/^To: register@notary\.example\r$/m);
  expect(text).toMatch(/^Subject: register, entry 1\r$/m);
  const [, body = ""] = text.split("\r\n\r\n");
  expect(Buffer.from(body, "base64").toString()).toBe(message.text);
});

test.each([
  [550, "DEPOSIT_REFUSED"],
  [451, "ADDRESS_UNREACHABLE"],
] as const)("A server that answers %i is %s", async (responseCode, code) => {
  const { host } = await startServer({
    onRcptTo: (_address, _session, done) =>
      done(Object.assign(new Error("no such mailbox"), { responseCode })),
  });
  await expect(mailTo(`smtp://${host}`).send(message, signal)).rejects.toMatchObject({
    code,
    message: expect.stringContaining("no such mailbox"),
  });
});

test("A server that isn't there is asked again", async () => {
  const { host } = await startServer();
  await new Promise<void>((done) => void servers.splice(0)[0]?.close(done));
  await expect(mailTo(`smtp://${host}`).send(message, signal)).rejects.toMatchObject({
    code: "ADDRESS_UNREACHABLE",
  });
});

test("A password isn't sent in the clear, nor to a server whose certificate isn't trusted", async () => {
  const logins: unknown[] = [];
  const onAuth: SMTPServerOptions["onAuth"] = (auth, _session, done) => {
    logins.push(auth);
    done(null, { user: "exhibit" });
  };
  const plain = await startServer({ onAuth, authOptional: false });
  await expect(
    mailTo(`smtp://exhibit:hunter2@${plain.host}`).send(message, signal),
  ).rejects.toMatchObject({ code: expect.any(String) });
  const secure = await startServer({
    onAuth,
    secure: true,
    key: selfSigned.key,
    cert: selfSigned.cert,
  });
  const refused = mailTo(`smtps://exhibit:hunter2@${secure.host}`).send(message, signal);
  await expect(refused).rejects.toMatchObject({ code: "ADDRESS_UNREACHABLE" });
  await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") });
  expect(logins).toEqual([]);
  expect([...plain.messages, ...secure.messages]).toEqual([]);
});
