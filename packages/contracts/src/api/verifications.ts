import { z } from "zod";
import { plainWord } from "../text/plain-text.ts";
import { examples } from "./examples.ts";
import { fileStates } from "./imports/states.ts";
import { pageOf } from "./pages.ts";

/** What the receipts of a seal can be compared with. */
export const verificationTargets = ["receipts", "oss", "source"] as const;
export type VerificationTarget = (typeof verificationTargets)[number];

/** How objects can be compared. */
export const verificationMeans = ["list", "head", "download"] as const;
export type VerificationMeans = (typeof verificationMeans)[number];

export const verificationStates = ["running", "ended", "cancelled", "failed"] as const;
export type VerificationState = (typeof verificationStates)[number];

export const findingKinds = ["differs", "missing", "younger", "extra", "unreadable"] as const;
export type FindingKind = (typeof findingKinds)[number];

/** Requests a second, at most, that can be asked for. */
const MAX_RATE = 10_000;
/** Receipts that a sample may have. */
const MAX_SAMPLE = 1_000_000_000;

export const verificationRequest = z
  .strictObject({
    against: z
      .enum(verificationTargets)
      .default("receipts")
      .describe(
        "`receipts`: is the ledger what was sealed; `oss`: are the objects what the receipts say; `source`: is what was read still there",
      ),
    by: z
      .enum(verificationMeans)
      .optional()
      .describe(
        "With `oss`: `list` compares lists, `head` looks at each object, `download` reads each one. Without it: lists, or each object where the vendor's lease may not list",
      ),
    sample: z
      .union([
        z.int().positive().max(MAX_SAMPLE),
        z
          .string()
          .regex(/^(?:100|\d{1,2}(?:\.\d{1,4})?)%$/, "it has to be a number or a percentage"),
      ])
      .optional()
      .describe("How many receipts are picked: a number, or a percentage such as `1%`"),
    seed: plainWord(100)
      .optional()
      .describe(
        "What the sample is picked by: the same seed picks the same. A random one otherwise",
      ),
    folder_id: z
      .string()
      .regex(/^\d{1,15}$/)
      .optional()
      .describe("Only this folder"),
    states: z
      .array(z.enum(fileStates))
      .min(1)
      .max(fileStates.length)
      .optional()
      .describe("Only receipts of these states, such as `identical`"),
    rate: z.int().positive().max(MAX_RATE).optional().describe("Files a second, at most"),
    why: plainWord(2000).optional().describe("For the record"),
  })
  .refine(({ against, by }) => by === undefined || against === "oss", {
    error: "by is for verifications against oss",
    path: ["by"],
  })
  .refine(
    ({ against, sample, folder_id, states, rate }) =>
      against !== "receipts" ||
      [sample, folder_id, states, rate].every((each) => each === undefined),
    { error: "the receipts are verified as a whole: no sample, folder, states or rate" },
  )
  .refine(({ seed, sample }) => seed === undefined || sample !== undefined, {
    error: "a seed is for a sample",
    path: ["seed"],
  })
  .meta({ id: "VerificationRequest", examples: [examples.verificationRequest] });
export type VerificationRequest = z.output<typeof verificationRequest>;
export type VerificationRequestInput = z.input<typeof verificationRequest>;

const count = z.int().nonnegative();

export const verificationView = z
  .object({
    number: z.int().positive(),
    import_id: z.uuid(),
    seal: z.object({ number: z.int().positive(), digest: z.string() }),
    against: z.enum(verificationTargets),
    by: z.enum(verificationMeans).nullable().describe("As it was asked for"),
    means: z.array(z.string()).describe("How it was done so far"),
    sample: z
      .object({ size: count, of: count.describe("How many receipts there are"), seed: z.string() })
      .nullable(),
    folder: z.int().positive().nullable().describe("The position of the only folder, from 1"),
    states: z.array(z.enum(fileStates)).nullable(),
    rate: z.int().positive().nullable(),
    why: z.string().nullable(),
    requested_by: z.string(),
    state: z.enum(verificationStates),
    outcome: z
      .enum(["same", "differs", "unreadable"])
      .nullable()
      .describe(
        "Once it has ended: everything is the same, something differs, or nothing was found to differ but not everything could be read",
      ),
    created_at: z.iso.datetime(),
    ended_at: z.iso.datetime().nullable(),
    parts: count.describe("Of up to 4,096 receipts each"),
    parts_done: count,
    checked: count.describe("Receipts that were compared"),
    same: count,
    differs: count,
    missing: count,
    younger: count.describe("Objects that were written again, and look the same otherwise"),
    extra: count.describe("Objects or entries that no receipt knows"),
    unreadable: count,
    entry: z.int().positive().nullable().describe("Its place in the register, once it has ended"),
    findings_sha256: z.string().nullable().describe("What the register says of its findings"),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: "Verification" });
export type VerificationView = z.output<typeof verificationView>;
export const verificationPage = pageOf(verificationView).meta({ id: "VerificationPage" });

export const findingView = z
  .object({
    finding_id: z.string(),
    kind: z.enum(findingKinds),
    folder: z.int().positive().nullable().describe("The folder's position, from 1"),
    file_id: z.string().nullable(),
    path: z.string().nullable(),
    key: z.string().nullable().describe("The object's key"),
    what: z.string().nullable().describe("What differs, such as `size`, `etag`, `acts.ndjson`"),
    expected: z.string().nullable(),
    found: z.string().nullable(),
    code: z.string().nullable().describe("Why it can't be read"),
    files: z
      .int()
      .positive()
      .describe("How many it stands for: files that can't be read share one"),
  })
  .meta({ id: "Finding" });
export type FindingView = z.output<typeof findingView>;
export const findingPage = pageOf(findingView).meta({ id: "FindingPage" });

export const cancelVerificationRequest = z
  .strictObject({ why: plainWord(2000).optional().describe("For the record") })
  .meta({ id: "CancelVerificationRequest", examples: [examples.why] });
export type CancelVerificationRequest = z.output<typeof cancelVerificationRequest>;

/** What a check of the whole register found. */
export const registerCheck = z
  .object({
    outcome: z.enum(["same", "differs"]),
    entries: count.describe("How many there are"),
    head: z.string().nullable().describe("Of the chain, computed from the entries' texts"),
    from: z
      .int()
      .nonnegative()
      .nullable()
      .describe("The entry behind which the head stands that was asked about; null for none"),
    findings: z
      .array(
        z.object({
          number: z.int().nonnegative().describe("The entry's; 0 for the register as a whole"),
          what: z.string(),
          expected: z.string().nullable(),
          found: z.string().nullable(),
        }),
      )
      .describe("The first hundred"),
  })
  .meta({ id: "RegisterCheck" });
export type RegisterCheck = z.output<typeof registerCheck>;

export const registerCheckQuery = z.strictObject({
  from: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "it has to be a head: 64 hexadecimal digits")
    .optional()
    .describe("A head that was kept: is it one of this register's?"),
});
