import { registerText, retryEntryRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { entryParams, numberOf } from "../../action/register-params.ts";
import { theEntry } from "./the-entry.ts";

export const retryDeposits = action(
  {
    operationId: "retryDeposits",
    summary: "Have what is to be kept elsewhere of an entry tried at once",
    description:
      "Again, where it was refused or is waited for; for the first time, where `custody.deposit` was configured after the entry was written. If nothing is left, it is STATE_CONFLICT.",
    tags: ["custody"],
    params: entryParams,
    body: retryEntryRequest.nullish(),
    response: { 202: registerText, ...failures },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const number = numberOf(request.params.number);
      const entry = await sealsOf(request).retryDeposits(
        number,
        request.body ?? {},
        actorOf(request),
      );
      return reply.code(202).send(entry);
    },
  { again: theEntry },
);
