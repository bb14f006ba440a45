import { z } from "zod";

/** The path's `:id`. Plain text: an id of another form is an import that isn't there (404), not a bad request. */
export const importParams = z.object({
  id: z.string().describe("`import_id` of the import"),
});
