import { element } from "../api/failed-response.ts";
import type { ListedObject, ObjectPage } from "../object-reading.ts";

const ROOT = /<ListBucketResult[\s>]/;
const CONTENTS = /<Contents>(.*?)<\/Contents>/gs;

/**
 * Returns the page that a ListObjectsV2 response is, or a sentence that says why it is none. No
 * entity is expanded but XML's own five, and nothing is fetched.
 */
export function readPage(xml: string): ObjectPage | string {
  if (!ROOT.test(xml) || !xml.trimEnd().endsWith("</ListBucketResult>")) {
    return "its body isn't a whole ListBucketResult";
  }
  // Outside of `Contents` there may be elements of the same names.
  const isUrlEncoded = element(xml.replace(CONTENTS, ""), "EncodingType") === "url";
  const objects: ListedObject[] = [];
  for (const [, content = ""] of xml.matchAll(CONTENTS)) {
    const object = readObject(content, isUrlEncoded);
    if (object === undefined) return `object ${objects.length + 1} of the list can't be read`;
    objects.push(object);
  }
  const isLast = element(xml, "IsTruncated") !== "true";
  if (!isLast && objects.length === 0) return "it says that there is more, and has no object";
  return { objects, isLast };
}

function readObject(content: string, isUrlEncoded: boolean): ListedObject | undefined {
  const name = element(content, "Key");
  const key = name !== undefined && isUrlEncoded ? decoded(name) : name;
  const size = element(content, "Size") ?? "";
  const lastModified = new Date(element(content, "LastModified") ?? Number.NaN);
  if (key === undefined || !/^\d{1,15}$/.test(size)) return undefined;
  if (Number.isNaN(lastModified.getTime())) return undefined;
  return { key, size: Number(size), etag: element(content, "ETag"), lastModified };
}

/** OSS writes a space as `+` or as `%20`, and a plus always as `%2B`. */
function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
