import type { Lease } from "@exhibit/credentials";

/** Returns the sentence with `***` in place of everything in it that is secret about the lease. */
export function withoutSecrets(sentence: string, { credentials, object }: Lease): string {
  const { accessKeySecret, securityToken, accessKeyId } = credentials;
  return (
    [...urlSecrets(object?.uploadUrl), accessKeySecret, securityToken, accessKeyId]
      .filter((secret) => secret !== "")
      // Longer ones go first, because one may be a part of another.
      .sort((a, b) => b.length - a.length)
      .reduce((masked, secret) => masked.replaceAll(secret, "***"), sentence)
  );
}

/**
 * Returns a signed URL's query and those of its values that are more than names and numbers,
 * encoded and decoded.
 */
function urlSecrets(url = ""): string[] {
  const [, query = ""] = url.split("?", 2);
  const values = query.split("&").map((pair) => pair.slice(pair.indexOf("=") + 1));
  const decoded = [...new URLSearchParams(query).values()];
  return [query, ...values, ...decoded].filter((value) => value.length >= 20);
}
