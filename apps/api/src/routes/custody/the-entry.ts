import type { z } from "zod";
import type { ActionContext, Again } from "../../action/action.ts";
import { type entryParams, numberOf } from "../../action/register-params.ts";

/** Answers with the entry of the register that the path names, as it is now. */
export function theEntry({ sealsOf }: ActionContext): Again {
  return async (request) => {
    const { number } = request.params as z.output<typeof entryParams>;
    return await sealsOf(request).entry(numberOf(number));
  };
}
