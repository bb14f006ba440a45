import { z } from "zod";
import { plainWord } from "../text/plain-text.ts";
import { pageOf, pageQuery } from "./pages.ts";
import { distrust } from "./seal-keys.ts";

/** What a register's entries are: seals of imports, and what else is signed in their chain. */
export const registerKinds = ["key", "seal", "verification", "journal"] as const;
export type RegisterKind = (typeof registerKinds)[number];

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What became of an authority's stamp: `granted` is one that was checked, `unchecked` one that can't be
 * checked here; `refused` and `invalid` wait for a person.
 */
export const stampStates = ["pending", "granted", "unchecked", "refused", "invalid"] as const;

/** What an independent authority says of when an entry was there. */
export const stampView = z
  .object({
    authority: z.string().describe("As `custody.stamps` names it"),
    state: z.enum(stampStates),
    at: z.iso.datetime().nullable().describe("The authority's time; null until it has stamped"),
    error: z.string().nullable().describe("Why it hasn't yet, as far as it is known"),
  })
  .meta({ id: "Stamp" });
export type StampView = z.output<typeof stampView>;

const stamps = z.array(stampView).describe("A row for each authority that is, or was, to stamp it");

/** What became of a deposit: one that was refused waits for a person. */
export const depositStates = ["pending", "deposited", "refused"] as const;

/** What is kept elsewhere of an entry. */
export const depositView = z
  .object({
    to: z
      .string()
      .describe(
        "`url` or `mail`: a third party; `folder 1`: beside the evidence of the import's first folder",
      ),
    part: z
      .string()
      .describe(
        "`head`: the register's head after the entry; `seal`: the seal and its lists; `stamp NAME`: a time stamp",
      ),
    state: z.enum(depositStates),
    at: z.iso.datetime().nullable().describe("Since when it has been there; null until then"),
    error: z.string().nullable().describe("Why it isn't there yet, as far as it is known"),
  })
  .meta({ id: "Deposit" });
export type DepositView = z.output<typeof depositView>;

const deposits = z.array(depositView).describe("What is, or is to be, kept elsewhere of it");

/** An entry of the register, without its text. */
export const registerEntry = z
  .object({
    number: z.int().positive().describe("Its place, from 1 without a gap"),
    kind: z.enum(registerKinds),
    import_id: z
      .uuid()
      .nullable()
      .describe("The import that a seal is of; null for others, and for one outside your scope"),
    at: z.iso.datetime(),
    digest: digest.describe("SHA-256 of its text"),
    head: digest.describe(
      "Of the chain after it: SHA-256 of the head before it, a space, its digest, and LF",
    ),
    key: z.string().nullable().describe("The id of the key that signed it; null for none"),
    stamps,
    deposits,
  })
  .meta({ id: "RegisterEntry" });
export type RegisterEntry = z.output<typeof registerEntry>;

/** The query of the register. */
export const registerQuery = pageQuery.extend({
  unstamped: z
    .stringbool()
    .optional()
    .describe("`true`: only entries of which a stamp is pending, or waits for a person"),
  undeposited: z
    .stringbool()
    .optional()
    .describe("`true`: only entries of which something isn't yet kept elsewhere that is to be"),
});

/** An entry of the register with its text. */
export const registerText = registerEntry
  .extend({ text: z.string().describe("What its digest, signature and stamps are of") })
  .meta({ id: "RegisterText" });
export type RegisterText = z.output<typeof registerText>;

/** Why something is asked for again: a stamp, or that something is kept elsewhere. */
export const retryEntryRequest = z
  .strictObject({ why: plainWord(2000).describe("For the record").optional() })
  .meta({ id: "RetryEntryRequest" });
export type RetryEntryRequest = z.output<typeof retryEntryRequest>;

export const registerPage = pageOf(registerEntry).meta({ id: "RegisterPage" });

/**
 * How far a seal is beyond doubt: `stamped` by as many authorities as are wanted; `pending`, while one
 * may still do so; `refused`, when a person has to see to it. Where no authority is configured it is
 * `signed`, or `unsigned` without a key.
 */
export const sealStates = ["pending", "stamped", "refused", "signed", "unsigned"] as const;
export type SealState = (typeof sealStates)[number];

/** An import's seal. */
export const sealView = z
  .object({
    import_id: z.uuid(),
    number: z.int().positive().describe("Its place in the register"),
    register: z.string().describe("The register's name"),
    outcome: z.enum(["sealed", "cancelled"]),
    state: z.enum(sealStates),
    sealed_at: z.iso.datetime(),
    digest: digest.describe("SHA-256 of its text, which is what the signature and stamps are of"),
    root: digest.describe("The root of the RFC 6962 tree of receipts.ndjson"),
    leaves: z.int().nonnegative().describe("How many lines receipts.ndjson has"),
    files: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    stored: z.int().nonnegative(),
    identical: z.int().nonnegative(),
    waived: z.int().nonnegative(),
    skipped: z.int().nonnegative(),
    key: z.string().nullable().describe("The id of the key that signed it; null if none did"),
    distrusted: distrust
      .nullable()
      .describe(
        "Set if that key isn't trusted for it: it was stolen, and the signature says nothing",
      ),
    stamps,
    stamped_as: z
      .int()
      .positive()
      .describe(
        "The entry that the stamps are of: the seal's own number, or that of the journal behind it, which commits to it, where entries are stamped by the hour",
      ),
    deposits,
    made_by: z.string().describe("The program and its version"),
    parts: z.array(z.string()).describe("What can be fetched of it, by name"),
  })
  .meta({ id: "Seal" });
export type SealView = z.output<typeof sealView>;
