import type { ErrorCode } from "@exhibit/contracts";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import { answeredCodeOf } from "../http/error-responses.ts";
import { knownPrincipalOf } from "./principal.ts";

/**
 * Milliseconds within which refusals of one kind are told once, and counted after that: who is refused a
 * million times writes two lines a minute.
 */
const TOLD_EVERY = 60_000;
/**
 * Kinds of refusals, by code, sender and address, that are told apart within that time; further ones are
 * counted together. So no crowd of addresses writes more than twice as many lines.
 */
const MAX_TOLD = 500;
/** Characters of an address within the API that a line shows. */
const MAX_SHOWN_PATH = 200;

/** Refusals that may be attempts: of who isn't known, may not, asks too much, or sends what isn't taken. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  "AUTH_REQUIRED",
  "AUTH_FORBIDDEN",
  "NOT_FOUND",
  "HOST_REFUSED",
  "ORIGIN_REFUSED",
  "RATE_LIMITED",
  "REQUEST_INVALID",
  "MEDIA_TYPE_UNSUPPORTED",
  "BODY_TOO_LARGE",
  "REQUEST_TOO_SLOW",
  "SOURCE_OUTSIDE_ROOTS",
  "ADDRESS_REFUSED",
  "IDEMPOTENCY_MISMATCH",
]);

/** Tells the log who comes in, and who is refused. */
export interface SecurityLog {
  /** Tells that somebody logged in or out. */
  came(event: "login.succeeded" | "logout", who: string, request: FastifyRequest): void;
  /** Tells that a request was refused; `more` says why, and holds no secret. */
  refused(request: FastifyRequest, code: ErrorCode, more?: { readonly err?: Error }): void;
  /** Tells what was only counted up to now. */
  close(): void;
}

/** What lines of one kind have in common. */
interface Kind {
  readonly event: "login.failed" | "request.refused";
  readonly code: ErrorCode | "others";
  /** Null for somebody who isn't known. */
  readonly who: string | null;
  readonly from: string | null;
}

/**
 * Creates the log of logins and refusals. Lines name the principal, the address and the route, and
 * nothing of what was sent but the id of a key, which isn't secret.
 */
export function createSecurityLog(log: FastifyBaseLogger, every = TOLD_EVERY): SecurityLog {
  let told = new Map<string, { readonly kind: Kind; more: number }>();
  let timer: NodeJS.Timeout | undefined;

  function tellCounts(): void {
    clearTimeout(timer);
    timer = undefined;
    const counted = [...told.values()].filter(({ more }) => more > 0);
    told = new Map();
    for (const { kind, more } of counted) {
      log.warn({ ...kind, more }, "more requests were refused like one before");
    }
  }

  /** Returns whether this is the first of its kind; counts it otherwise. */
  function isFirst(kind: Kind): boolean {
    const name = JSON.stringify(Object.values(kind));
    const before = told.get(name);
    if (before !== undefined) {
      before.more += 1;
      return false;
    }
    const isOther = kind.code === "others";
    if (told.size >= MAX_TOLD && !isOther) {
      return isFirst({ event: "request.refused", code: "others", who: null, from: null });
    }
    told.set(name, { kind, more: isOther ? 1 : 0 });
    timer ??= setTimeout(tellCounts, every).unref();
    return !isOther;
  }

  return {
    came(event, who, request) {
      const message = event === "logout" ? "somebody logged out" : "somebody logged in";
      log.info({ event, who, from: request.ip, request_id: request.id }, message);
    },
    refused(request, code, more = {}) {
      const event = isLogin(request) ? "login.failed" : "request.refused";
      const who = knownPrincipalOf(request)?.name ?? null;
      const kind: Kind = { event, code, who, from: request.ip };
      if (!isFirst(kind)) return;
      const message = event === "login.failed" ? "a login failed" : "a request was refused";
      log.warn({ ...kind, ...whatOf(request), ...more, request_id: request.id }, message);
    },
    close: tellCounts,
  };
}

/** Makes every refusal of a server known to the log. */
export function logRefusals(app: FastifyInstance, security: SecurityLog): void {
  app.addHook("onResponse", async (request) => {
    const code = answeredCodeOf(request);
    if (code === undefined || !refusals.has(code)) return;
    // What isn't there, or is another's: a mistyped route alone is neither.
    const isThing = request.routeOptions.url?.includes(":") === true;
    if (code !== "NOT_FOUND" || isThing) security.refused(request, code);
  });
  app.addHook("onClose", async () => security.close());
}

function isLogin({ routeOptions: { url } }: FastifyRequest): boolean {
  return url === "/login" || url === "/auth/callback" || url === "/auth/start";
}

/**
 * Returns what a request was about. Strangers write into an address what they like, so that of theirs the
 * route alone is told.
 */
function whatOf(request: FastifyRequest): object {
  const { method, routeOptions, url } = request;
  const route = { method, route: routeOptions.url ?? null };
  if (knownPrincipalOf(request) === undefined) return { ...route, shown: shownBy(request) };
  return { ...route, path: url.split("?")[0]?.slice(0, MAX_SHOWN_PATH) };
}

/** Returns by what a stranger wanted to be known. */
function shownBy({ headers }: FastifyRequest): string {
  const { authorization, cookie } = headers;
  const [, keyId] = /^Bearer +exh_([0-9A-Za-z]{8})/i.exec(authorization ?? "") ?? [];
  if (keyId !== undefined) return `key ${keyId}`;
  if (authorization !== undefined) return "authorization";
  return cookie === undefined ? "nothing" : "cookie";
}
