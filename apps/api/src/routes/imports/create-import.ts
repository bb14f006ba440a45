import { createQuery, dryRun, importRequest, importView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { askerOf } from "../../action/asker.ts";
import { failures } from "../../action/failure-responses.ts";

export const createImport = action(
  {
    operationId: "createImport",
    summary: "Start an import",
    description:
      "Records the import and responds at once; the workers do the work. With `dry_run=true` nothing is recorded: a worker looks at up to 100,000 entries of each source for up to 20 s, and at all of them for up to 45 s, takes a lease for each folder, and says what would go where, what is a problem, and what is there already.",
    tags: ["imports"],
    querystring: createQuery,
    body: importRequest,
    response: { 200: dryRun, 202: importView, ...failures },
  },
  ({ importsOf, webhooksOf }) =>
    async (request, reply) => {
      const { callback } = request.body;
      const told = callback && webhooksOf(request).callback(callback.url);
      if (request.query.dry_run === "true") {
        const found = await importsOf(request).dryRun(request.body, askerOf(request, reply));
        return reply.code(200).send(found);
      }
      const view = await importsOf(request).create(request.body, actorOf(request), told);
      return reply.code(202).header("location", placeOf(view.import_id)).send(view);
    },
  {
    largeBodies: true,
    success: 202,
    again:
      ({ importsOf }) =>
      async (request, reply, { importId }) => {
        const view = await importsOf(request).get(importId ?? "");
        reply.header("location", placeOf(view.import_id));
        return view;
      },
  },
);

function placeOf(importId: string): string {
  return `/v1/imports/${importId}`;
}
