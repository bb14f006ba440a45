import { z } from "zod";
import { headers, isUrl } from "./stamps.ts";

/** Where an import's seal goes beside its evidence, below the prefix that the vendor opens. */
const key = z
  .string()
  .regex(/^(?:[^/\\\p{C}]+\/)+$/u, {
    error:
      "it isn't a folder such as .exhibit/{import_id}/, with / at its end and not at its beginning",
  })
  .refine((text) => text.split("/").every((part) => part !== "." && part !== ".."), {
    error: "it has a part . or ..",
  })
  .refine((text) => text.includes("{import_id}"), {
    error: "it has no {import_id}: each import's seal needs a place of its own",
  });

const address = z.string().regex(/^[^\s@<>,;]+@[^\s@<>,;]+$/, {
  error: "it isn't an address such as register@notary.example.com",
});

const server = z.string().refine(isServer, {
  error: "it isn't an address such as smtps://user:password@smtp.example.com",
});

function isServer(text: string): boolean {
  const { protocol = "", hostname = "", pathname = "", search = "" } = URL.parse(text) ?? {};
  return /^smtps?:$/.test(protocol) && hostname !== "" && /^\/?$/.test(pathname) && search === "";
}

/** What is kept elsewhere of the register's entries. */
export const deposit = z
  .strictObject({
    key: key.optional(),
    url: z
      .string()
      .refine(isUrl, {
        error:
          "it isn't an address such as https://notary.example.com/heads, without a user or a password",
      })
      .optional(),
    headers: headers.optional(),
    mail: z.strictObject({ server, from: address, to: address }).optional(),
  })
  .refine(({ url, headers: sent }) => url !== undefined || sent === undefined, {
    error: "it has headers and no `url` that they would be sent to",
    path: ["headers"],
  });
export type DepositConfig = z.output<typeof deposit>;
