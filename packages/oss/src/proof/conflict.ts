import { ExhibitError } from "@exhibit/contracts";
import type { StoredObject } from "../api/object-calls.ts";
import { CRC64_HEADER } from "../api/stored-bytes.ts";
import type { Content } from "../body/content.ts";
import type { ReadObject } from "../object-reading.ts";

/**
 * Returns EVIDENCE_CONFLICT, which names both sides so that people can find out which is the
 * evidence. An object of equal size whose CRC64 OSS doesn't tell may be the same one: then it is
 * STORE_PROOF_MISSING.
 */
export function conflict(
  key: string,
  ours: { size: number; crc64?: bigint },
  theirs: StoredObject,
): ExhibitError {
  if (theirs.crc64 === undefined && theirs.size === ours.size) return incomparable(key, theirs);
  const crc64 = (value: bigint | undefined) =>
    value === undefined ? "unknown CRC64" : `CRC64 ${value}`;
  return new ExhibitError(
    "EVIDENCE_CONFLICT",
    `${JSON.stringify(key)} is there already with ${theirs.size} bytes and ${crc64(theirs.crc64)}; ` +
      `the file has ${ours.size} bytes${ours.crc64 === undefined ? "" : ` and ${crc64(ours.crc64)}`}. The object was left untouched.`,
    {
      details: {
        key,
        size: ours.size,
        ...(ours.crc64 !== undefined && { crc64: String(ours.crc64) }),
        stored_size: theirs.size,
        ...(theirs.crc64 !== undefined && { stored_crc64: String(theirs.crc64) }),
        ...(theirs.requestId !== undefined && { oss_request_id: theirs.requestId }),
      },
    },
  );
}

/** Returns EVIDENCE_CONFLICT for an object that was read, and isn't the file although its CRC64 is. */
export function otherBytes(key: string, ours: Content, theirs: ReadObject): ExhibitError {
  const sha256 = ours.sha256.toString("hex");
  const stored = Buffer.from(theirs.sha256).toString("hex");
  const { requestId } = theirs.facts;
  return new ExhibitError(
    "EVIDENCE_CONFLICT",
    `${JSON.stringify(key)} is there already with the size and the CRC64 of the file, ${ours.crc64}, but with other bytes: ` +
      `its SHA-256 is ${stored}, the file's is ${sha256}. Such an object doesn't come about by chance. It was left untouched.`,
    {
      details: {
        key,
        size: ours.size,
        sha256,
        stored_size: theirs.size,
        stored_sha256: stored,
        ...(requestId !== undefined && { oss_request_id: requestId }),
      },
    },
  );
}

function incomparable(key: string, { size, requestId }: StoredObject): ExhibitError {
  return new ExhibitError(
    "STORE_PROOF_MISSING",
    `${JSON.stringify(key)} is there already with ${size} bytes, as many as the file has, but the answer carries no CRC64 ` +
      `(${CRC64_HEADER}), so whether they are the same can't be told. The object was left untouched.`,
    { details: { key, size, ...(requestId !== undefined && { oss_request_id: requestId }) } },
  );
}

/** Returns STORE_DENIED for an object that OSS says is there, but doesn't show to the lease. */
export function hiddenObject(key: string, cause: unknown): ExhibitError {
  return new ExhibitError(
    "STORE_DENIED",
    `OSS says that ${JSON.stringify(key)} is there already, but doesn't show it to this lease, so whether it has the ` +
      "file's bytes can't be told. The vendor's policy has to allow oss:GetObject on it.",
    { cause, details: { key } },
  );
}
