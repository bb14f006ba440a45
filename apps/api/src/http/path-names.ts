import { ExhibitError, isKeepable } from "@exhibit/contracts";
import type { FastifyInstance } from "fastify";

/**
 * Answers a path that names something by a text that the ledger can't hold, such as one with NUL, with
 * NOT_FOUND, before any query is made of it.
 */
export function refuseUnkeepableNames(app: FastifyInstance): void {
  app.addHook("preValidation", async ({ params }) => {
    const names = Object.values((params ?? {}) as Readonly<Record<string, unknown>>);
    if (names.every((name) => typeof name !== "string" || isKeepable(name))) return;
    throw new ExhibitError(
      "NOT_FOUND",
      "The path names something by a text that no name here can have.",
    );
  });
}
