import { ExhibitError } from "@exhibit/contracts";
import { type BucketOptions, folderPrefix } from "../options/bucket.ts";
import { bucketInFront, endpointOf, hasBucketInFront, otherRegion } from "../options/endpoint.ts";
import { unusableAnswer } from "./unusable-answer.ts";

/**
 * Returns the endpoint that an answer gives in `field`. Throws VENDOR_ANSWER_INVALID when it can't
 * be the bucket's, and as `checkRegion` does.
 */
export function answeredEndpoint(
  vendor: string,
  field: string,
  text: string,
  bucket: string,
  oss: BucketOptions,
): string {
  const endpoint = endpointOf(text, oss.path_style ? undefined : bucket);
  if (endpoint === undefined) throw unusableAnswer(vendor, `${field} isn't an endpoint`);
  if (hasBucketInFront(endpoint, bucket, oss)) {
    throw unusableAnswer(vendor, `${field}: ${bucketInFront}`);
  }
  checkRegion(vendor, field, endpoint, oss);
  return endpoint;
}

/**
 * Throws VENDOR_MISCONFIGURED when signatures would name another region than that of the endpoint
 * in `field` of an answer.
 */
export function checkRegion(
  vendor: string,
  field: string,
  endpoint: string,
  oss: BucketOptions,
): void {
  const region = otherRegion(endpoint, oss);
  if (region === undefined) return;
  const message = `${vendor}: ${field} of its answer is in ${region}, but \`oss.region\` is ${oss.region}`;
  throw new ExhibitError("VENDOR_MISCONFIGURED", message, { details: { vendor, region } });
}

/**
 * Returns `folderPrefix` of an answer's text. Throws VENDOR_ANSWER_INVALID when it names no folder.
 */
export function answeredPrefix(vendor: string, text: string): string {
  const prefix = folderPrefix(text);
  if (prefix !== undefined) return prefix;
  const fault = `it opens the folder ${JSON.stringify(text)}, which isn't a prefix`;
  throw unusableAnswer(vendor, fault);
}
