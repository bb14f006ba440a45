import {
  type Act,
  type ActedFailures,
  type ActedImport,
  actedFailures,
  ExhibitError,
  errorTable,
  type RetryFailuresRequest,
  toExhibitError,
} from "@exhibit/contracts";
import type { Imports } from "@exhibit/ingest";
import type { z } from "zod";
import { type Action, action } from "./action.ts";
import { actorHeaders, actorOf } from "./actor.ts";
import { failures } from "./failure-responses.ts";

type OneImport = Omit<RetryFailuresRequest["imports"][number], "import_id">;

interface ActOnFailures<Body extends z.ZodType<RetryFailuresRequest>> {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly body: Body;
  /** Does it to one import. */
  readonly act: (
    imports: Imports,
    importId: string,
    request: OneImport & { why: z.output<Body>["why"] },
    who: string,
  ) => Promise<ActedImport>;
}

/**
 * Makes the action by which a person acts on what failed in several imports. Each import is an act of
 * its own, with its own transaction and event: one that is refused keeps no other from being done.
 */
export function actOnFailures<Body extends z.ZodType<RetryFailuresRequest>>({
  operationId,
  summary,
  description,
  body,
  act,
}: ActOnFailures<Body>): Action {
  return action(
    {
      operationId,
      summary,
      description,
      tags: ["imports"],
      headers: actorHeaders,
      body,
      response: { 202: actedFailures, ...failures },
    },
    ({ importsOf }) =>
      async (request, reply) => {
        const { imports: asked, why } = request.body as z.output<Body>;
        const [imports, who] = [importsOf(request), actorOf(request)];
        const items: Item[] = [];
        for (const { import_id, ...one } of asked) {
          try {
            const { status, act: done } = await act(imports, import_id, { ...one, why }, who);
            items.push({ import_id, status, act: done ?? null, error: null });
          } catch (thrown) {
            const error = toExhibitError(thrown);
            // While nothing is done yet, a fault of ours is the whole request's.
            if (items.length === 0 && errorTable[error.code].status >= 500) throw error;
            items.push({ import_id, status: null, act: null, error: problemOf(error) });
          }
        }
        return reply.code(202).send(summed(items));
      },
    {
      again: () => async () => {
        throw new ExhibitError(
          "STATE_CONFLICT",
          "The request was carried out at least in part, but its answer was lost: the audit log of each import says what was done to it.",
        );
      },
    },
  );
}

type Item = ActedFailures["items"][number];

function problemOf(error: ExhibitError): NonNullable<Item["error"]> {
  const { code, message: detail, details } = error;
  return { code, detail, remedy: errorTable[code].remedy, details };
}

function summed(items: Item[]): ActedFailures {
  const done = items.flatMap(({ act }) => act ?? []);
  const files = done.reduce((sum: number, { files: own }: Act) => sum + own, 0);
  const refused = items.filter(({ error }) => error !== null).length;
  return { items, files, done: items.length - refused, refused };
}
