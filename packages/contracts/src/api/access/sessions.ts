import { z } from "zod";
import { role } from "../../access/roles.ts";
import { scope } from "../../access/scope.ts";
import { plainWord } from "../../text/plain-text.ts";
import { pageOf } from "../pages.ts";

/** A session of a browser, without what its browser holds. */
export const sessionView = z
  .object({
    session_id: z.string().describe("It isn't secret"),
    name: z.string().describe("Whose it is, as the audit log names them"),
    role,
    scope,
    key_id: z
      .string()
      .nullable()
      .describe("The key that it was opened with; null for a person's login by the provider"),
    created_at: z.iso.datetime(),
    seen_at: z.iso.datetime().describe("When it was used last, to the minute"),
    expires_at: z.iso.datetime().describe("When it ends at the latest"),
  })
  .meta({ id: "Session" });
export type SessionView = z.output<typeof sessionView>;

export const sessionPage = pageOf(sessionView).meta({ id: "SessionPage" });

export const endSessionRequest = z
  .strictObject({ why: plainWord(2000).describe("For the record").optional() })
  .meta({ id: "EndSessionRequest" });
export type EndSessionRequest = z.output<typeof endSessionRequest>;
