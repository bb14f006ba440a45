import type { FastifyInstance } from "fastify";

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f3a5f"/><path d="M5 3.5h6v2H7v1.6h3.5v1.9H7v1.5h4v2H5z" fill="#fff"/></svg>';

/** Adds the icon that browsers request with every page. */
export function addFavicon(app: FastifyInstance): void {
  const options = {
    config: { needs: "nothing" },
    schema: { hide: true },
    logLevel: "warn",
  } as const;
  app.get("/favicon.ico", options, (_request, reply) =>
    reply.type("image/svg+xml").header("cache-control", "max-age=86400").send(icon),
  );
}
