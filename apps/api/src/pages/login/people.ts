import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { People } from "@exhibit/ingest";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { SecurityLog } from "../../access/security-log.ts";
import {
  endedLoginCookie,
  loginCookie,
  loginTokenOf,
  sessionCookie,
} from "../../access/session-cookie.ts";
import { MAX_TARGET_LENGTH, targetWithin } from "./target.ts";
import type { LoginFault } from "./texts.ts";

export interface PeopleOptions {
  readonly people: People;
  /** The address that people use, without a slash at the end. */
  readonly home: string;
  /** Ends the session that a browser has already. */
  readonly endSessionOf: (request: FastifyRequest) => Promise<void>;
  readonly security: SecurityLog;
}

/** Where to go after the login. */
export const targetQuery = z.string().max(MAX_TARGET_LENGTH).optional().catch(undefined);

const question = z.object({ to: targetQuery });

/**
 * Adds the login of people by an identity provider: the way there, and the address to which it sends
 * browsers back. Both lead on at once, whatever becomes of it, so that no code stays in a browser's
 * history; what went wrong is said by the login page.
 */
export function addPeopleLogin(
  app: FastifyInstance,
  { people, home, endSessionOf, security }: PeopleOptions,
): void {
  const route = {
    config: { needs: "nothing" as const },
    logLevel: "warn" as const,
    exposeHeadRoute: false,
  };
  const isSecure = home.startsWith("https:");

  /** The addresses are whole: a proxy may add a path in front. */
  function leadTo(reply: FastifyReply, address: string, cookies: readonly string[]) {
    reply.header("cache-control", "no-store").header("set-cookie", cookies);
    return reply.redirect(address, 303);
  }

  function leadBack(reply: FastifyReply, request: FastifyRequest, thrown: unknown) {
    const error = toExhibitError(thrown);
    security.refused(request, error.code, { err: error });
    const address = `${home}/login?fault=${faultOf(error)}`;
    return leadTo(reply, address, [endedLoginCookie(isSecure)]);
  }

  app.get(
    "/auth/start",
    { ...route, schema: { hide: true, querystring: question } },
    async (request, reply) => {
      const { to } = request.query as z.output<typeof question>;
      try {
        const { token, address } = await people.begin(targetWithin(home, to));
        return leadTo(reply, address.href, [loginCookie(token, isSecure)]);
      } catch (thrown) {
        return leadBack(reply, request, thrown);
      }
    },
  );
  app.get("/auth/callback", { ...route, schema: { hide: true } }, async (request, reply) => {
    const [, answer = ""] = request.url.split(/\?(.*)/s);
    try {
      const { session, target } = await people.finish(
        loginTokenOf(request, { publicUrl: home }),
        new URLSearchParams(answer),
        { isSecure, from: request.ip },
      );
      security.came("login.succeeded", session.who, request);
      await endSessionOf(request);
      return leadTo(reply, target, [
        sessionCookie(session.token, isSecure),
        endedLoginCookie(isSecure),
      ]);
    } catch (thrown) {
      return leadBack(reply, request, thrown);
    }
  });
}

function faultOf({ code }: ExhibitError): LoginFault {
  if (code === "AUTH_FORBIDDEN") return "forbidden";
  return code === "AUTH_REQUIRED" ? "refused" : "away";
}
