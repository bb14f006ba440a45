import { endSessionRequest, pageQuery, sessionPage, sessionView } from "@exhibit/contracts";
import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { keyMakerOf } from "../../action/key-maker.ts";

export const listSessions = action(
  {
    operationId: "listSessions",
    summary: "List the open sessions of browsers",
    description:
      "Your own, the oldest first; an administrator's list has those of everybody within the administrator's scope.",
    tags: ["access"],
    querystring: pageQuery.strict(),
    response: { 200: sessionPage, ...failures },
  },
  ({ sessions }) =>
    async (request) =>
      sessions.list(request.query, keyMakerOf(request)),
);

export const revokeSession = action(
  {
    operationId: "revokeSession",
    summary: "End a session of a browser",
    description:
      "One of your own; an administrator ends those of others, too. Within five seconds it works nowhere.",
    tags: ["access"],
    params: z.object({ id: z.string().describe("The session's `session_id`") }),
    body: endSessionRequest.nullish(),
    response: { 200: sessionView, ...failures },
  },
  ({ sessions }) =>
    async (request) =>
      sessions.revoke(request.params.id, request.body ?? {}, keyMakerOf(request)),
);
