import { type ImportView, importView } from "@exhibit/contracts";
import type { Imports } from "@exhibit/ingest";
import type { z } from "zod";
import { type Action, action } from "./action.ts";
import { actorOf } from "./actor.ts";
import { failures } from "./failure-responses.ts";
import { importParams } from "./import-params.ts";

interface ActOnImport<Body extends z.ZodType> {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** The request's body. One that may be absent stands for `{}`. */
  readonly body: Body;
  /** What it is answered with. @defaultValue the import as it is then */
  readonly answer?: z.ZodType<ImportView>;
  /** Names the method that does it. */
  readonly act: (
    imports: Imports,
  ) => (id: string, request: NonNullable<z.output<Body>>, who: string) => Promise<ImportView>;
}

/**
 * Makes the action by which a person changes an import: it is recorded in the audit log with who did
 * it, and answered with the import as it is then.
 */
export function actOnImport<Body extends z.ZodType>({
  operationId,
  summary,
  description,
  body,
  answer = importView,
  act,
}: ActOnImport<Body>): Action {
  return action(
    {
      operationId,
      summary,
      description,
      tags: ["imports"],
      params: importParams,
      body,
      response: { 202: answer, ...failures },
    },
    ({ importsOf, may }) =>
      async (request, reply) => {
        const given = (request.body ?? {}) as NonNullable<z.output<Body>>;
        const view = await act(importsOf(request))(request.params.id, given, actorOf(request));
        return reply.code(202).send(may.ofImports(request)(view));
      },
  );
}
