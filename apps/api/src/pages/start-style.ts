import type { FastifyInstance } from "fastify";

/** A file of its own: pages may have no inline styles. */
const style =
  "body { font: 16px/1.5 sans-serif; max-width: 40em; margin: 3em auto; padding: 0 1em }\n";

/** Adds the style of the start page. */
export function addStartStyle(app: FastifyInstance): void {
  app.get("/start.css", { schema: { hide: true }, logLevel: "warn" }, (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(style),
  );
}
