import type { FastifyInstance } from "fastify";

/** Takes the place of the page's own `<base>`, before any other script reads it. */
const BASE_SCRIPT = "base.js";

/**
 * Its page asks for everything below `<base href>`, and its scripts read the path of the pages from there. A proxy may have
 * put a path of its own in front, which only the browser knows: so the address is given relative to the page, and made
 * a path by a script.
 */
const baseScript = `const base = document.querySelector("base");
base.setAttribute("href", new URL(base.href).pathname);
`;

/** Changes Bull Board's page to what it has to be here; `prefix` is where the board is. */
export function mendBoardPage(board: FastifyInstance, prefix: string): void {
  board.get(`/${BASE_SCRIPT}`, { schema: { hide: true } }, (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(baseScript),
  );
  board.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload !== "string" || !payload.startsWith("<!DOCTYPE html>")) return payload;
    const path = (request.url.split("?")[0] ?? "").slice(prefix.length);
    const base = `<base href="${boardFrom(path, prefix)}" /><script src="${BASE_SCRIPT}"></script>`;
    return withoutWebFonts(payload.replace(/<base href="[^"]*" \/>/, base));
  });
}

/** The board's own folder, as seen from a page of it: `/queue/store` → `../`. */
function boardFrom(path: string, prefix: string): string {
  if (path === "") return `${prefix.slice(1)}/`;
  return "../".repeat(path.split("/").length - 2) || "./";
}

/** It asks Google for fonts: those who look at evidence shouldn't tell anybody so. */
function withoutWebFonts(page: string): string {
  return page.replace(/<link href="https:\/\/fonts\.googleapis\.com[^>]*>/, "");
}
