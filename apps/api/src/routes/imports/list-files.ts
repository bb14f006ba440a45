import { type FileView, filePage, fileQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listFiles = action(
  {
    operationId: "listFiles",
    summary: "List an import's files, with receipts for those that are stored",
    tags: ["imports"],
    params: importParams,
    querystring: fileQuery.strict(),
    response: { 200: filePage, ...failures },
  },
  ({ importsOf }) =>
    async (request, reply) => {
      const { fields, ...query } = request.query;
      const page = await importsOf(request).files(request.params.id, query);
      if (fields === undefined) return page;
      const items = page.items.map((file) => only(file, fields));
      // The schema describes whole files.
      reply.type("application/json; charset=utf-8");
      return reply.serializer(JSON.stringify).send({ ...page, items: items as FileView[] });
    },
  { isPolled: true, evidence: "files" },
);

function only(file: FileView, fields: readonly (keyof FileView)[]): Partial<FileView> {
  return Object.fromEntries(fields.map((name) => [name, file[name]]));
}
