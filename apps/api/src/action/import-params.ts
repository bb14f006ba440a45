import { z } from "zod";

/**
 * The path's `:id`. It is plain text, so that an id of another form is an unknown import (404) and
 * not a bad request.
 */
export const importParams = z.object({
  id: z.string().describe("The import's `import_id`"),
});

/** The path's `:id` and `:file_id`; the file's id is plain text for the same reason. */
export const fileParams = importParams.extend({
  file_id: z.string().describe("The file's `file_id`"),
});

/** The path's `:id` and `:folder_id`; the folder's id is plain text for the same reason. */
export const folderParams = importParams.extend({
  folder_id: z.string().describe("The folder's `folder_id`"),
});
