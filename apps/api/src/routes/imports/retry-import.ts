import { importView, retryRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const retryImport = action(
  {
    summary: "Take up what failed",
    description:
      "All of it, or what is all of what the body names. Only files that aren't stored are read and sent again. In a paused import (the answer's `paused` says by whom) they wait until it is resumed.",
    tags: ["imports"],
    params: importParams,
    headers: actorHeaders,
    body: retryRequest.nullish(),
    response: { 202: importView, ...failures },
  },
  ({ imports }) =>
    async (request, reply) => {
      const who = actorOf(request.headers);
      return reply.code(202).send(await imports.retry(request.params.id, request.body ?? {}, who));
    },
);
