import { ossError } from "../protocol/oss-error.ts";
import { unescapeXml } from "../protocol/xml.ts";

export interface ListedPart {
  number: number;
  /** Without quotes. */
  etag: string;
}

const DOCUMENT =
  /^\s*(?:<\?xml[^>]*\?>)?\s*<CompleteMultipartUpload(?: xmlns="[^"]*")?>([\s\S]*)<\/CompleteMultipartUpload>\s*$/u;
const PART = /\s*<Part>([\s\S]*?)<\/Part>\s*/uy;
const NUMBER = /<PartNumber>\s*(\d{1,5})\s*<\/PartNumber>/u;
const ETAG = /<ETag>\s*([^<]*?)\s*<\/ETag>/u;

/** Reads the body of CompleteMultipartUpload. Throws `MalformedXML`. */
export function parsePartList(text: string): ListedPart[] {
  const inner = DOCUMENT.exec(text)?.[1];
  if (inner === undefined) throw ossError("MalformedXML");
  const parts: ListedPart[] = [];
  PART.lastIndex = 0;
  let end = 0;
  for (let part = PART.exec(inner); part !== null; part = PART.exec(inner)) {
    parts.push(parsePart(part[1] ?? ""));
    end = PART.lastIndex;
  }
  if (parts.length === 0 || end !== inner.length) throw ossError("MalformedXML");
  return parts;
}

function parsePart(text: string): ListedPart {
  const number = NUMBER.exec(text)?.[1];
  const etag = ETAG.exec(text)?.[1];
  const rest = text.replace(NUMBER, "").replace(ETAG, "").trim();
  if (number === undefined || etag === undefined || rest !== "") throw ossError("MalformedXML");
  return { number: Number(number), etag: unescapeXml(etag).replace(/^"(.*)"$/u, "$1") };
}
