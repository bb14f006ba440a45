import { z } from "zod";
import { role } from "../../access/roles.ts";
import { scope } from "../../access/scope.ts";
import { pageOf } from "../pages.ts";

/** Somebody who has come in or can come in: the holder of a key, or whom the identity provider vouched for. */
export const accessView = z
  .object({
    kind: z.enum(["key", "person"]),
    name: z.string().describe("As the audit log names them: `key:NAME`, `oidc:SUB@ISSUER`"),
    key_id: z.string().nullable().describe("Null for somebody by the identity provider"),
    role: role.describe("Of somebody by the identity provider: as it was the last time"),
    scope,
    may_name_others: z.boolean(),
    state: z
      .enum(["works", "expired", "revoked", "by_provider"])
      .describe("by_provider: the identity provider decides each time whether they come in"),
    since: z.iso.datetime().describe("When the key was made, or when they came first"),
    seen_at: z.iso.datetime().nullable().describe("When they were last here, to the minute"),
    expires_at: z.iso
      .datetime()
      .nullable()
      .describe(
        "When the key ends; of somebody by the identity provider, when the last of their sessions ends at the latest; null without one",
      ),
    sessions: z.int().nonnegative().describe("How many sessions of browsers they have open"),
  })
  .meta({ id: "Access" });
export type AccessView = z.output<typeof accessView>;

export const accessPage = pageOf(accessView).meta({ id: "AccessPage" });
