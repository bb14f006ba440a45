import { registerText } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { entryParams, numberOf } from "../../action/register-params.ts";

export const getRegisterEntry = action(
  {
    operationId: "getRegisterEntry",
    summary: "Get an entry of the register, with its text and what became of its time stamps",
    description: "A seal of an import outside your scope isn't there for you.",
    tags: ["custody"],
    params: entryParams,
    response: { 200: registerText, ...failures },
  },
  ({ sealsOf }) =>
    async (request) =>
      sealsOf(request).entry(numberOf(request.params.number)),
  { isPolled: true },
);
