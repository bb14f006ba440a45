import { importView, pauseRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const resumeImport = action(
  {
    summary: "Let a paused import go on",
    description: "All that is open in it is taken up again.",
    tags: ["imports"],
    params: importParams,
    headers: actorHeaders,
    body: pauseRequest.nullish(),
    response: { 202: importView, ...failures },
  },
  ({ imports }) =>
    async (request, reply) => {
      const who = actorOf(request.headers);
      return reply.code(202).send(await imports.resume(request.params.id, request.body ?? {}, who));
    },
);
