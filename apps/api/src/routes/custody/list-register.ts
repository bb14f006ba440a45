import { registerPage, registerQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listRegister = action(
  {
    operationId: "listRegister",
    summary: "List the register: the chain of all seals, and of the keys that sign them",
    description:
      "From the first entry. Each head commits to all entries before it: whoever keeps one finds out if anything before it was changed or taken away. Entries of imports outside your scope don't name them.",
    tags: ["custody"],
    querystring: registerQuery.strict(),
    response: { 200: registerPage, ...failures },
  },
  ({ sealsOf }) =>
    async (request) =>
      sealsOf(request).register(request.query),
  { isPolled: true },
);
