import { acceptDestinationRequest, actedImport } from "@exhibit/contracts";
import { action } from "../../../action/action.ts";
import { actorOf } from "../../../action/actor.ts";
import { failures } from "../../../action/failure-responses.ts";
import { folderParams } from "../../../action/import-params.ts";

export const acceptDestination = action(
  {
    operationId: "acceptDestination",
    summary: "Accept a folder's new destination",
    description:
      "For files that failed with DESTINATION_CHANGED, because a lease led to another place than the one where the folder's files had gone. The body repeats the place that the folder's `offered` shows. From now on the folder's unfinished files go there, and those that failed with DESTINATION_CHANGED are retried. What was stored before stays where it is, and its receipts say so.",
    tags: ["imports"],
    params: folderParams,
    body: acceptDestinationRequest,
    response: { 202: actedImport, ...failures },
  },
  ({ importsOf, may }) =>
    async (request, reply) => {
      const { id, folder_id } = request.params;
      const who = actorOf(request);
      const view = await importsOf(request).acceptDestination(id, folder_id, request.body, who);
      return reply.code(202).send(may.ofImports(request)(view));
    },
);
