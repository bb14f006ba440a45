import { registerText, retryEntryRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { numberOf, stampParams } from "../../action/register-params.ts";
import { theEntry } from "./the-entry.ts";

export const retryStamp = action(
  {
    operationId: "retryStamp",
    summary: "Have an authority asked for the time stamp of an entry, at once",
    description:
      "Again, where it refused or gave one that isn't in order, or is waited for; for the first time, where it was configured after the entry was written. A stamp that is there is STATE_CONFLICT.",
    tags: ["custody"],
    params: stampParams,
    body: retryEntryRequest.nullish(),
    response: { 202: registerText, ...failures },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { number, authority } = request.params;
      const of = { entry: numberOf(number), authority };
      const seals = sealsOf(request);
      const entry = await seals.retryStamp(of, request.body ?? {}, actorOf(request));
      return reply.code(202).send(entry);
    },
  { again: theEntry },
);
