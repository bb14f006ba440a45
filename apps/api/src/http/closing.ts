import type { FastifyInstance } from "fastify";

/** How an API ends the connections that it has. */
export interface ClosingTimes {
  /** Milliseconds that requests under way have to end. @defaultValue 10000 */
  readonly grace?: number;
}

/** Milliseconds. */
const GRACE = 10_000;
/** Milliseconds between two looks for connections that have fallen idle. */
const LOOK = 50;

/**
 * Makes closing the API end all its connections: those that are idle, or fall idle, at once, and what
 * is left after the grace time. Node's server looks for idle ones only when it begins to close, and
 * would wait for others as long as a connection may be idle.
 */
export function endConnections(app: FastifyInstance, { grace = GRACE }: ClosingTimes = {}): void {
  app.addHook("preClose", async () => {
    const { server } = app;
    const end = Date.now() + grace;
    const timer = setInterval(() => {
      if (Date.now() < end) server.closeIdleConnections();
      else server.closeAllConnections();
    }, LOOK);
    server.once("close", () => clearInterval(timer));
    if (!server.listening) clearInterval(timer);
  });
}
