import { importView, pauseRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const pauseImport = action(
  {
    summary: "Pause an import",
    description:
      "Nothing of it is taken up any more; workers stop within seconds and hand back what they have in hand, and no file fails by it. Its status stays. It can be resumed, cancelled, and its failed files waived; what is retried waits too.",
    tags: ["imports"],
    params: importParams,
    headers: actorHeaders,
    body: pauseRequest.nullish(),
    response: { 202: importView, ...failures },
  },
  ({ imports }) =>
    async (request, reply) => {
      const who = actorOf(request.headers);
      return reply.code(202).send(await imports.pause(request.params.id, request.body ?? {}, who));
    },
);
