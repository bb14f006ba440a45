import { importView, waiveRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const waiveFiles = action(
  {
    summary: "Give failed files up",
    description:
      "Those that are all of what is named (with nothing named, every failed file) become `waived`, with who and why; an import in `attention` for them alone is then sealed. If a file named by `file_ids` hasn't failed, none is given up. A folder whose source couldn't be walked can't be given up.",
    tags: ["imports"],
    params: importParams,
    headers: actorHeaders,
    body: waiveRequest,
    response: { 202: importView, ...failures },
  },
  ({ imports }) =>
    async (request, reply) => {
      const who = actorOf(request.headers);
      return reply.code(202).send(await imports.waive(request.params.id, request.body, who));
    },
);
