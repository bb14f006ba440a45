import { createQuery, importRequest, importView } from "@exhibit/contracts";
import type { FastifyReply } from "fastify";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { askerOf } from "../../action/asker.ts";
import { failures } from "../../action/failure-responses.ts";

export const createImport = action(
  {
    operationId: "createImport",
    summary: "Start an import",
    description:
      "Records the import and responds at once; the workers do the work. With `dry_run=true` nothing is recorded: the response is that of `POST /v1/dry-runs`, with 200.",
    tags: ["imports"],
    querystring: createQuery,
    body: importRequest,
    response: { 202: importView, ...failures },
  },
  ({ importsOf, webhooksOf, may }) =>
    async (request, reply) => {
      const { callback } = request.body;
      const told = callback && webhooksOf(request).callback(callback.url);
      if (request.query.dry_run === "true") {
        const found = await importsOf(request).dryRun(request.body, askerOf(request, reply));
        // Not in the schema: generated clients would take every import for a dry run.
        return (reply as FastifyReply).code(200).send(found);
      }
      const view = await importsOf(request).create(request.body, actorOf(request), told);
      return reply
        .code(202)
        .header("location", placeOf(view.import_id))
        .send(may.ofImports(request)(view));
    },
  {
    largeBodies: true,
    // A dry run alone is answered with 200, and only that is a read.
    evidence: "dry-runs",
    again:
      ({ importsOf, may }) =>
      async (request, reply, { importId }) => {
        const view = await importsOf(request).get(importId ?? "");
        reply.header("location", placeOf(view.import_id));
        return may.ofImports(request)(view);
      },
  },
);

function placeOf(importId: string): string {
  return `/v1/imports/${importId}`;
}
