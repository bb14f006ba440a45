import { registerCheck, registerCheckQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const checkRegister = action(
  {
    operationId: "checkRegister",
    summary: "Compute the register anew: is it what was signed, without a gap?",
    description:
      "Digests, heads, signatures and keys of all entries, and whether the ledger has what they are of. With `from`, also whether a head that was kept elsewhere is one of its heads: if not, entries before it were changed or taken away.",
    tags: ["custody"],
    querystring: registerCheckQuery,
    response: { 200: registerCheck, ...failures },
  },
  ({ sealsOf }) =>
    async (request) =>
      sealsOf(request).checkRegister(request.query.from),
);
