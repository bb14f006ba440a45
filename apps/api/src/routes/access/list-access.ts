import { accessPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { keyMakerOf } from "../../action/key-maker.ts";

export const listAccess = action(
  {
    operationId: "listAccess",
    summary: "List who has access: everybody who has come in or can come in",
    description:
      "First the keys, the oldest first, also those that don't work any more; then people and programs by the identity provider, since they came first. None whose scope goes beyond that of whoever asks.",
    tags: ["access"],
    querystring: pageQuery.strict(),
    response: { 200: accessPage, ...failures },
  },
  ({ accessList }) =>
    async (request) =>
      accessList.list(request.query, keyMakerOf(request)),
);
