import type { FastifyInstance } from "fastify";

/** Sets the page's `<base>` before any other script reads it. */
const BASE_SCRIPT = "base.js";

/**
 * Bull Board's page loads everything from below `<base href>`, and its scripts read the path of the
 * pages from there. A proxy may add a path in front, which only the browser knows. So the address
 * is relative to the page, and this script turns it into a path.
 */
const baseScript = `const base = document.querySelector("base");
base.setAttribute("href", new URL(base.href).pathname);
`;

/**
 * Adapts Bull Board's page to proxies and takes its web fonts out. `prefix` is the path of the
 * board.
 */
export function adaptBoardPage(board: FastifyInstance, prefix: string): void {
  board.get(`/${BASE_SCRIPT}`, { schema: { hide: true } }, (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(baseScript),
  );
  board.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload !== "string" || !payload.startsWith("<!DOCTYPE html>")) return payload;
    const path = (request.url.split("?")[0] ?? "").slice(prefix.length);
    const base = `<base href="${boardFrom(path, prefix)}" /><script src="${BASE_SCRIPT}"></script>`;
    return withoutPlaceholder(withoutWebFonts(payload.replace(/<base href="[^"]*" \/>/, base)));
  });
}

/** Returns the board's folder relative to one of its pages: `/queue/store` → `../`. */
function boardFrom(path: string, prefix: string): string {
  if (path === "") return `${prefix.slice(1)}/`;
  return "../".repeat(path.split("/").length - 2) || "./";
}

/**
 * What is shown until the scripts have loaded is styled within the page, which our pages may not do:
 * the browser would complain about each style, and show it without them.
 */
function withoutPlaceholder(page: string): string {
  return page.replace(/<div id="root">.*<\/style>\s*<\/div>/s, '<div id="root"></div>');
}

/** Bull Board loads fonts from Google, which would tell Google who works with evidence. */
function withoutWebFonts(page: string): string {
  return page.replace(/<link href="https:\/\/fonts\.googleapis\.com[^>]*>/, "");
}
