import { createHash, createHmac } from "node:crypto";

/** `hmac` is HMAC-MD5. The platform's own client defaults to `hmac-sha256`. */
export const topSignMethods = ["hmac-sha256", "hmac", "md5"] as const;
export type TopSignMethod = (typeof topSignMethods)[number];

const GMT_PLUS_8 = 8 * 60 * 60 * 1000;

/** Returns `yyyy-MM-dd HH:mm:ss` in GMT+8; `time` is in ms since the epoch. */
export function topTimestamp(time: number): string {
  return new Date(time + GMT_PLUS_8).toISOString().slice(0, 19).replace("T", " ");
}

/**
 * Returns the `sign` parameter of a call to the Taobao Open Platform: uppercase hexadecimal digits,
 * 32 for md5 and hmac, 64 for hmac-sha256. `parameters` are the protocol's and the call's own
 * together.
 */
export function topSign(
  parameters: Readonly<Record<string, string>>,
  method: TopSignMethod,
  appSecret: string,
): string {
  const text = textToSign(parameters);
  return digest(text, method, appSecret).toString("hex").toUpperCase();
}

function textToSign(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .filter(([name, value]) => name !== "sign" && name !== "" && value !== "")
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => name + value)
    .join("");
}

function digest(text: string, method: TopSignMethod, secret: string): Buffer {
  switch (method) {
    case "md5":
      // Only here the secret is part of the text; the HMACs have it as their key.
      return createHash("md5").update(`${secret}${text}${secret}`, "utf8").digest();
    case "hmac":
      return createHmac("md5", secret).update(text, "utf8").digest();
    case "hmac-sha256":
      return createHmac("sha256", secret).update(text, "utf8").digest();
  }
}
