import { z } from "zod";

/** It is the name of a file, and of a job. */
const name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, {
  error: "it has other characters than small letters, digits and - between them, or more than 40",
});

const url = z.string().refine(isUrl, {
  error: "it isn't an address such as https://tsa.example.com/tsr, without a user or a password",
});

/** What is sent with requests; the values may be secrets. */
export const headers = z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string());

/** An authority of time stamps (RFC 3161). */
const stamp = z
  .strictObject({
    name,
    url,
    /** Certificates in PEM, or the path of a file with them. */
    ca: z.string().min(1).optional(),
    policy: z
      .string()
      .regex(/^[0-2](?:\.(?:0|[1-9]\d{0,14}))+$/, {
        error: "it isn't an identifier such as 1.2.3.4",
      })
      .optional(),
    digest: z.enum(["sha256", "sm3"]).optional(),
    headers: headers.optional(),
    check: z.literal("none").optional(),
  })
  .refine(({ ca, check }) => (ca === undefined) === (check === "none"), {
    error: "it needs a `ca`, its root's certificate, or else `check: none`",
  });

/** The authorities that stamp entries of the register. */
export const stamps = z
  .array(stamp)
  .max(10)
  .refine((all) => new Set(all.map((each) => each.name)).size === all.length, {
    error: "two of them have the same name",
  });
export type StampConfig = z.output<typeof stamp>;

export function isUrl(text: string): boolean {
  const { protocol = "", username, password } = URL.parse(text) ?? {};
  return /^https?:$/.test(protocol) && !username && !password;
}

/** Whether a setting is certificates themselves, and not the path of a file with them. */
export function isPem(setting: string): boolean {
  return setting.includes("-----BEGIN");
}
