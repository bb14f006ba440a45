import { distrustRequest, sealKeyList, sealKeyParams } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";

export const listSealKeys = action(
  {
    operationId: "listSealKeys",
    summary: "List the keys that have signed entries of the register",
    tags: ["custody"],
    response: { 200: sealKeyList, ...failures },
  },
  ({ sealsOf }) =>
    async (request) => ({ items: await sealsOf(request).keys() }),
  { isPolled: true },
);

export const distrustSealKey = action(
  {
    operationId: "distrustSealKey",
    summary: "Say that a key that signs seals isn't to be trusted any more",
    description:
      "From an entry on, if it was stolen; from the next one on, if it is lost. Workers sign nothing more with it, and another key follows it without its signature. It can't be taken back. What was stamped before stays good: a thief can't stamp in the past.",
    tags: ["custody"],
    params: sealKeyParams,
    body: distrustRequest,
    response: { 200: sealKeyList, ...failures },
  },
  ({ sealsOf }) =>
    async (request) => ({
      items: await sealsOf(request).distrustKey(request.params.key, request.body, actorOf(request)),
    }),
  {
    unscoped: true,
    again:
      ({ sealsOf }) =>
      async (request) => ({ items: await sealsOf(request).keys() }),
  },
);
