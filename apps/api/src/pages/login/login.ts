import { ExhibitError, plainWord } from "@exhibit/contracts";
import type { LoginProof, People, Sessions } from "@exhibit/ingest";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { knownPrincipalOf } from "../../access/principal.ts";
import type { SecurityLog } from "../../access/security-log.ts";
import {
  endedSessionCookies,
  isByHttps,
  type PublicAddress,
  sessionCookie,
  sessionTokenOf,
} from "../../access/session-cookie.ts";
import { loginPage } from "./login-page.ts";
import { loginScript } from "./login-script.ts";
import { loginStyle } from "./login-style.ts";
import { addPeopleLogin, targetQuery } from "./people.ts";
import { languageOf, loginFaults } from "./texts.ts";

export interface LoginOptions {
  readonly sessions: Pick<Sessions, "start" | "end">;
  /** The login of people by an identity provider. It needs the public address. */
  readonly people?: People | undefined;
  readonly address: PublicAddress;
  readonly security: SecurityLog;
}

/** The most characters of a key or a code. */
const MAX_PROOF_LENGTH = 200;

const proof = z.union([
  z.strictObject({ key: plainWord(MAX_PROOF_LENGTH) }),
  z.strictObject({ code: plainWord(MAX_PROOF_LENGTH) }),
]);
const question = z.object({
  lang: z.string().optional(),
  to: targetQuery,
  fault: z.enum(loginFaults).optional().catch(undefined),
});

/** Adds the login page, where a browser gets a session for a key or by a one-time link. */
export function addLogin(app: FastifyInstance, options: LoginOptions): void {
  const { sessions, people, address, security } = options;
  const open = { config: { needs: "nothing" as const }, logLevel: "warn" as const };
  const hidden = { hide: true };

  /** Each login begins a new session, so that none goes on that somebody else knew before. */
  async function endSessionOf(request: FastifyRequest): Promise<void> {
    const token = sessionTokenOf(request, address);
    const who = token === undefined ? undefined : await sessions.end(token, request.ip);
    if (who !== undefined) security.came("logout", who, request);
  }

  app.get(
    "/login",
    {
      ...open,
      config: { needs: "nothing", knows: true },
      schema: { ...hidden, querystring: question },
    },
    (request, reply) => {
      const { lang, to, fault } = request.query as z.output<typeof question>;
      const language = languageOf(lang, request.headers["accept-language"]);
      reply.header("cache-control", "no-store").type("text/html; charset=utf-8");
      const ways = { byProvider: people !== undefined, to, fault };
      return reply.send(loginPage(language, knownPrincipalOf(request), ways));
    },
  );
  app.get("/login.js", { ...open, schema: hidden }, (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(loginScript),
  );
  app.get("/login.css", { ...open, schema: hidden }, (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(loginStyle),
  );

  if (people !== undefined && address.publicUrl !== undefined) {
    addPeopleLogin(app, { people, home: address.publicUrl, endSessionOf, security });
  }

  app.post("/login", { ...open, schema: { ...hidden, body: proof } }, async (request, reply) => {
    const isSecure = isByHttps(request, address);
    const place = { isSecure, from: request.ip };
    const session = await sessions.start(request.body as LoginProof, place);
    if (session === undefined) throw notValid();
    security.came("login.succeeded", session.who, request);
    await endSessionOf(request);
    reply.header("set-cookie", sessionCookie(session.token, isSecure));
    return noContent(reply);
  });
  app.post(
    "/logout",
    { config: { needs: "viewer" }, logLevel: "warn", schema: hidden },
    async (request, reply) => {
      await endSessionOf(request);
      reply.header("set-cookie", endedSessionCookies());
      // Not "cookies": that would end those of other hosts of the domain, too.
      reply.header("clear-site-data", '"cache", "storage"');
      return noContent(reply);
    },
  );
}

function noContent(reply: FastifyReply) {
  return reply.code(204).header("cache-control", "no-store").send();
}

function notValid(): ExhibitError {
  return new ExhibitError("AUTH_REQUIRED", "This key or link isn't valid (any more).");
}
