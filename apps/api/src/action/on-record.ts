import type { EvidenceList } from "@exhibit/contracts";
import type { ReadRecord } from "@exhibit/ingest";
import type { FastifyRequest, onSendAsyncHookHandler } from "fastify";
import { actorOf } from "./actor.ts";

/** Headers of a list that an answer without it must not have. */
const HEADERS_OF_LIST = ["content-disposition", "cache-control"];

/**
 * Makes the hook that puts the reading of a list of evidence on record before anything of it is sent,
 * once it is clear that there is something to read. What can't be recorded isn't shown.
 */
export function onRecord(what: EvidenceList, record: ReadRecord): onSendAsyncHookHandler {
  return async (request, reply, payload) => {
    if (reply.statusCode !== 200) return payload;
    try {
      await record({
        who: actorOf(request),
        what,
        subject: what === "dry-runs" ? "sources" : subjectOf(request),
      });
      return payload;
    } catch (thrown) {
      for (const name of HEADERS_OF_LIST) reply.removeHeader(name);
      throw thrown;
    }
  };
}

/**
 * Returns what a list is of, by the beginning of its path: `imports/0f8fad5b-…`, `cases/E-77`; without
 * a name in it, `sources`.
 */
function subjectOf({ routeOptions, params }: FastifyRequest): string {
  const [, , kind = "", name = ""] = routeOptions.url?.split("/") ?? [];
  const value = (params as Readonly<Record<string, string>>)[name.slice(1)];
  if (value === undefined) return kind;
  // An id may be written in capitals.
  return kind === "imports" ? `${kind}/${value.toLowerCase()}` : `${kind}/${value}`;
}
