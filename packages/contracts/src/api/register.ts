import { z } from "zod";
import { pageOf } from "./pages.ts";

/** What a register's entries are: seals of imports, and what else is signed in their chain. */
export const registerKinds = ["key", "seal", "verification", "journal"] as const;
export type RegisterKind = (typeof registerKinds)[number];

const digest = z.string().regex(/^[0-9a-f]{64}$/);

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
  })
  .meta({ id: "RegisterEntry" });
export type RegisterEntry = z.output<typeof registerEntry>;

export const registerPage = pageOf(registerEntry).meta({ id: "RegisterPage" });

/** An import's seal. */
export const sealView = z
  .object({
    import_id: z.uuid(),
    number: z.int().positive().describe("Its place in the register"),
    register: z.string().describe("The register's name"),
    outcome: z.enum(["sealed", "cancelled"]),
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
    made_by: z.string().describe("The program and its version"),
    parts: z.array(z.string()).describe("What can be fetched of it, by name"),
  })
  .meta({ id: "Seal" });
export type SealView = z.output<typeof sealView>;
