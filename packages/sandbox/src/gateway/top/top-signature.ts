import { createHash, createHmac } from "node:crypto";

export const signMethods = ["md5", "hmac", "hmac-sha256"] as const;
export type SignMethod = (typeof signMethods)[number];

/**
 * Returns TOP's signature (PROTOCOLS, section 1.3): the parameters without `sign` and without empty
 * ones, sorted by the bytes of their names, name and value joined with nothing between, hashed, in
 * upper-case hex. It was written without a look at Exhibit's own.
 */
export function topSignature(
  parameters: ReadonlyMap<string, string>,
  method: SignMethod,
  secret: string,
): string {
  const text = [...parameters]
    .filter(([name, value]) => name !== "" && value !== "" && name !== "sign")
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => name + value)
    .join("");
  return digest(text, method, secret).toUpperCase();
}

function digest(text: string, method: SignMethod, secret: string): string {
  switch (method) {
    case "md5":
      return createHash("md5").update(`${secret}${text}${secret}`, "utf8").digest("hex");
    case "hmac":
      return createHmac("md5", secret).update(text, "utf8").digest("hex");
    case "hmac-sha256":
      return createHmac("sha256", secret).update(text, "utf8").digest("hex");
  }
}
