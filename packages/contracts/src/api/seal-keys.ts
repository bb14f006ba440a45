import { z } from "zod";
import { plainWord } from "../text/plain-text.ts";

const keyId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "it isn't the id of a key: 64 lowercase hexadecimal digits")
  .describe("SHA-256 of the public key's SPKI in DER");

/** Names a key in a path. */
export const sealKeyParams = z.object({ key: keyId });

/** From where on a key isn't trusted any more, and who said so. */
export const distrust = z
  .object({
    from: z.int().positive().describe("The first entry for which its signature says nothing"),
    at: z.iso.datetime(),
    who: z.string(),
    why: z.string(),
  })
  .meta({ id: "Distrust" });

/** A key that has signed entries of the register. */
export const sealKeyView = z
  .object({
    key: keyId,
    algorithm: z.string().describe("`ecdsa-p256`, `rsa` or `ed25519`"),
    public_pem: z.string(),
    since: z.int().positive().describe("The entry that put it on the register"),
    until: z
      .int()
      .positive()
      .nullable()
      .describe("The entry that put another in its place; null for the one that signs now"),
    distrusted: distrust.nullable(),
  })
  .meta({ id: "SealKey" });
export type SealKeyView = z.output<typeof sealKeyView>;

export const sealKeyList = z.object({ items: z.array(sealKeyView) }).meta({ id: "SealKeyList" });

/** From where on a key isn't to be trusted any more. */
export const distrustRequest = z
  .strictObject({
    from: z
      .int()
      .positive()
      .optional()
      .describe(
        "The first entry for which its signature says nothing; by default the next one, for a key that is lost and not stolen",
      ),
    why: plainWord(2000).describe("For the record, and for the entry of the key that follows it"),
  })
  .meta({ id: "DistrustRequest" });
export type DistrustRequest = z.output<typeof distrustRequest>;
