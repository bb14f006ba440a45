import { z } from "zod";
import { role } from "../../access/roles.ts";
import { scope, scopeRequest } from "../../access/scope.ts";
import { plainWord } from "../../text/plain-text.ts";
import { pageOf } from "../pages.ts";
import { may } from "./may.ts";

const why = plainWord(2000).describe("For the record");

/** Days that a key works if nobody says otherwise. */
const DEFAULT_DAYS = 90;
/** Days that a key works at most: a year, and a day for whoever renews it late. */
const MAX_DAYS = 366;
/** Hours that the old secret of a rotated key still works if nobody says otherwise. */
const DEFAULT_OVERLAP = 24;
/** Hours that it works at most: a month. */
const MAX_OVERLAP = 744;

const days = z
  .int()
  .min(1)
  .max(MAX_DAYS)
  .default(DEFAULT_DAYS)
  .describe("Days after which it doesn't work any more");

export const keyRequest = z
  .strictObject({
    name: plainWord(64).describe(
      "Who will use it: the audit log names them so. No two keys that aren't revoked have the same name",
    ),
    role,
    scope: scopeRequest
      .partial()
      .default({})
      .describe("What it is limited to; where nothing is said, to what its maker is limited to"),
    may_name_others: z
      .boolean()
      .default(false)
      .describe("Whether its holder may say in `X-Exhibit-Actor` on whose behalf it acts"),
    expires_in_days: days,
    why: why.optional(),
  })
  .meta({ id: "KeyRequest" });
export type KeyRequest = z.output<typeof keyRequest>;
/** The same as a client sends it. */
export type KeyRequestInput = z.input<typeof keyRequest>;

export const rotateKeyRequest = z
  .strictObject({
    old_valid_hours: z
      .int()
      .min(0)
      .max(MAX_OVERLAP)
      .default(DEFAULT_OVERLAP)
      .describe("Hours for which the old secret still works; 0 for one that may have leaked"),
    expires_in_days: days,
    why: why.optional(),
  })
  .meta({ id: "RotateKeyRequest" });
export type RotateKeyRequest = z.output<typeof rotateKeyRequest>;
/** The same as a client sends it. */
export type RotateKeyRequestInput = z.input<typeof rotateKeyRequest>;

export const revokeKeyRequest = z
  .strictObject({ why: why.optional() })
  .meta({ id: "RevokeKeyRequest" });
export type RevokeKeyRequest = z.output<typeof revokeKeyRequest>;

/** An API key as lists show it: everything but its secret, which nobody has but its holder. */
export const keyView = z
  .object({
    key_id: z.string().describe("What the key has behind `exh_`; it isn't secret"),
    name: z.string(),
    role,
    scope,
    may_name_others: z.boolean(),
    created_at: z.iso.datetime(),
    created_by: z.string(),
    expires_at: z.iso.datetime(),
    previous_until: z.iso
      .datetime()
      .nullable()
      .describe("Until when the secret before the last rotation works"),
    revoked_at: z.iso.datetime().nullable(),
    revoked_by: z.string().nullable(),
    last_used_at: z.iso.datetime().nullable().describe("To the minute"),
    may,
  })
  .meta({ id: "Key" });
export type KeyView = z.output<typeof keyView>;

export const keyPage = pageOf(keyView).meta({ id: "KeyPage" });

/** A key that was just made or rotated: the only time that it is shown. */
export const newKey = keyView
  .extend({ key: z.string().describe("The key itself. It is shown this once: keep it") })
  .meta({ id: "NewKey" });
export type NewKey = z.output<typeof newKey>;

/** Who sends a request. */
export const me = z
  .object({
    name: z.string().describe("As the audit log names them: `key:NAME`"),
    role,
    scope,
    may_name_others: z.boolean(),
    may_make_keys: z.boolean(),
    may: z
      .array(z.string())
      .describe(
        "The operations that you may use, by `operationId`; what your scope doesn't have isn't there for you. The `may` of a single thing says what can be done with it now",
      ),
    board: z.enum(["nothing", "look", "act"]).describe("What you may do in Bull Board (`/queues`)"),
  })
  .meta({ id: "Me" });
export type Me = z.output<typeof me>;
