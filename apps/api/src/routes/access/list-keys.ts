import { keyPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { keyMakerOf } from "../../action/key-maker.ts";

export const listKeys = action(
  {
    operationId: "listKeys",
    summary: "List the keys of the API",
    description:
      "The oldest first, also those that are revoked or have expired; none that may more than whoever asks.",
    tags: ["access"],
    querystring: pageQuery.strict(),
    response: { 200: keyPage, ...failures },
  },
  ({ keys, may }) =>
    async (request) => {
      const page = await keys.list(request.query, keyMakerOf(request));
      return { ...page, items: page.items.map(may.ofKeys(request)) };
    },
);
