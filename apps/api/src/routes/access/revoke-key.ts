import { keyView, revokeKeyRequest } from "@exhibit/contracts";
import type { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { keyMakerOf, keyParams } from "../../action/key-maker.ts";

export const revokeKey = action(
  {
    operationId: "revokeKey",
    summary: "Revoke a key",
    description:
      "Within five seconds it works nowhere, and the sessions that were opened with it end. It stays on the list.",
    tags: ["access"],
    params: keyParams,
    body: revokeKeyRequest.nullish(),
    response: { 200: keyView, ...failures },
  },
  ({ keys, may }) =>
    async (request) => {
      const by = keyMakerOf(request);
      return may.ofKeys(request)(await keys.revoke(request.params.id, request.body ?? {}, by));
    },
  {
    again:
      ({ keys, may }) =>
      async (request) => {
        const { id } = request.params as z.output<typeof keyParams>;
        return may.ofKeys(request)(await keys.get(id, keyMakerOf(request)));
      },
  },
);
