import { cancelRequest, importView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const cancelImport = action(
  {
    summary: "Cancel an import",
    description:
      "Workers stop within seconds; uploads under way are aborted, and what is stored stays on the record. A cancelled import can't go on: import the folders again, what is stored is found identical.",
    tags: ["imports"],
    params: importParams,
    headers: actorHeaders,
    body: cancelRequest.nullish(),
    response: { 202: importView, ...failures },
  },
  ({ imports }) =>
    async (request, reply) => {
      const who = actorOf(request.headers);
      return reply.code(202).send(await imports.cancel(request.params.id, request.body ?? {}, who));
    },
);
