import { importRequest, importView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";

export const createImport = action(
  {
    operationId: "createImport",
    summary: "Start an import",
    description: "Records the import and responds at once; the workers do the work.",
    tags: ["imports"],
    body: importRequest,
    response: { 202: importView, ...failures },
  },
  ({ importsOf }) =>
    async (request, reply) => {
      const view = await importsOf(request).create(request.body, actorOf(request));
      return reply.code(202).header("location", placeOf(view.import_id)).send(view);
    },
  {
    largeBodies: true,
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
