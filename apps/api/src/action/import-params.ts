import { z } from "zod";

/** The path's `:id`. Plain text: an id of another form is an import that isn't there (404), not a bad request. */
export const importParams = z.object({
  id: z.string().describe("`import_id` of the import"),
});

/** With the path's `:folder_id`, by the same rule. */
export const folderParams = importParams.extend({
  folder_id: z.string().describe("`folder_id` of the folder"),
});
