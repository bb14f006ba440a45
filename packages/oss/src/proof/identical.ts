import { ExhibitError, type IdenticalBy } from "@exhibit/contracts";
import type { StoredObject } from "../api/object-calls.ts";
import type { Content } from "../body/content.ts";
import type { ByteDigester, ReadObject } from "../object-reading.ts";
import type { IdenticalRules, Receipt } from "../object-store.ts";
import { conflict, hiddenObject, otherBytes } from "./conflict.ts";
import type { Found } from "./head-object.ts";
import { foundReceipt } from "./receipt.ts";

/** A file, and the ways to prove that an object at its key is the same. */
export interface Proving {
  readonly key: string;
  readonly content: Content;
  /** @defaultValue size and CRC64 are enough */
  readonly rules: IdenticalRules | undefined;
  /** Returns the file's MD5, as hexadecimal digits; it is computed only when it is needed. */
  md5(): Promise<string>;
  /** Reads the object, or its version. Returns undefined if it is gone. */
  read(of: {
    versionId: string | undefined;
    digester: ByteDigester;
  }): Promise<ReadObject | undefined>;
}

/**
 * Returns the receipt of an object that was there before this file, and that has its size and CRC64:
 * `identical`, with what proves it. Throws EVIDENCE_CONFLICT when it has other bytes all the same.
 */
export async function identicalReceipt(found: Found, proving: Proving): Promise<Receipt> {
  const { key, content, rules } = proving;
  const receipt = (by: IdenticalBy, of: Found = found) => ({
    ...foundReceipt("identical", { ...of, key, content }),
    identicalBy: by,
  });
  if (rules === undefined || rules.policy === "crc64") return receipt("crc64");
  const md5 = md5Of(found.object);
  if (rules.policy === "strongest") {
    if (md5 !== undefined && md5 === (await proving.md5())) return receipt("md5");
    if (await isOnRecord(rules, found, proving)) return receipt("record");
  }
  try {
    return receipt("download", await download(found, proving, rules));
  } catch (error) {
    if (!(error instanceof ExhibitError) || error.code !== "STORE_DENIED") throw error;
    if (rules.policy === "download") throw hiddenObject(key, error);
    // Its MD5 is that of other bytes, and nothing speaks for it.
    if (md5 !== undefined) throw conflict(key, content, found.object);
    return receipt("crc64");
  }
}

/**
 * Returns whether an object's ETag is the MD5 of other bytes than the file's. OSS makes it the MD5
 * only for PutObject, so an object of ours that one PUT made never has another.
 */
export async function hasOtherMd5(
  object: StoredObject,
  { md5 }: Pick<Proving, "md5">,
): Promise<boolean> {
  const theirs = md5Of(object);
  return theirs !== undefined && theirs !== (await md5());
}

/** Returns an object's MD5 as hexadecimal digits, if its ETag may be one. */
export function md5Of({ etag }: Pick<StoredObject, "etag">): string | undefined {
  return /^"?([0-9a-f]{32})"?$/i.exec(etag ?? "")?.[1]?.toLowerCase();
}

async function isOnRecord(
  rules: IdenticalRules,
  { object: { etag }, lease }: Found,
  { key, content }: Proving,
): Promise<boolean> {
  if (etag === undefined) return false;
  const { endpoint, name: bucket } = lease.bucket;
  return await rules.isOnRecord({ endpoint, bucket, key, etag, sha256: content.sha256 });
}

/** Reads the object, and returns it as it was when it was read. */
async function download(
  { object, lease }: Found,
  { key, content, read }: Proving,
  rules: IdenticalRules,
): Promise<Found> {
  const { versionId } = object;
  const found = await read({ versionId, digester: rules.createDigester() });
  if (found === undefined) throw gone(key);
  const isSame = found.size === content.size && content.sha256.equals(found.sha256);
  if (!isSame) throw otherBytes(key, content, found);
  return { object: { ...object, ...found.facts }, lease };
}

function gone(key: string): ExhibitError {
  return new ExhibitError(
    "STORE_INCOMPLETE",
    `${JSON.stringify(key)} was there, and was gone when it was to be compared with the file.`,
    { details: { key } },
  );
}
