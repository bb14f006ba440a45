import type { FastifyReply, FastifyRequest } from "fastify";

/** Returns whether a request is a browser's for a page of its own, and not for a part of one. */
export function wantsPage({ method, headers }: FastifyRequest): boolean {
  if (method !== "GET" || headers.authorization !== undefined) return false;
  const destination = headers["sec-fetch-dest"] ?? "document";
  return destination === "document" && /\btext\/html\b/.test(headers.accept ?? "");
}

/**
 * Sends a browser to the login page, which leads back afterwards. The address is relative, because a
 * proxy may add a path in front.
 */
export function redirectToLogin(request: FastifyRequest, reply: FastifyReply) {
  const [path = ""] = request.url.split("?");
  const up = "../".repeat(Math.max(0, path.split("/").length - 2)) || "./";
  const back = request.url.replace(/^\/+/, "");
  const query = back === "" ? "" : `?to=${encodeURIComponent(back)}`;
  reply.header("vary", "accept, authorization, cookie").header("cache-control", "no-store");
  return reply.redirect(`${up}login${query}`, 303);
}
