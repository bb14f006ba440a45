import { ExhibitError } from "@exhibit/contracts";
import { z } from "zod";
import { bucketOptions } from "./bucket.ts";
import { unusableAnswer } from "./vendors/unusable-answer.ts";

/**
 * An endpoint with scheme and without path. Vendors give it bare (`oss-cn-hangzhou.aliyuncs.com`), which means
 * https; some put the bucket before it: give its name to have it taken off. Not so for a configured endpoint, nor where
 * the bucket belongs into the path. Undefined when it isn't an endpoint.
 */
export function endpointOf(text: string, bucket?: string): string | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return undefined;
  const bare =
    url.username === "" && url.password === "" && url.search === "" && url.pathname === "/";
  if (!bare || /\s/.test(text)) return undefined;
  const ownHost = bucket !== undefined && url.host.startsWith(`${bucket}.`);
  return `${url.protocol}//${ownHost ? url.host.slice(bucket.length + 1) : url.host}`;
}

const sample = "such as https://oss-cn-hangzhou.aliyuncs.com";

/** A configured endpoint. */
export const endpointOption = z.string().refine((text) => endpointOf(text) !== undefined, {
  error: `Give an address with https:// or http:// and without a path, ${sample}`,
});

/** What of a vendor's `oss` options decides where a bucket is. */
interface Placing {
  readonly region: string;
  readonly path_style: boolean;
  readonly signature_version: "v4" | "v1";
}

/**
 * The endpoint that an answer gives in `field`. Throws VENDOR_ANSWER_INVALID for what can't be the bucket's, and as
 * `checkRegion`.
 */
export function answeredEndpoint(
  vendor: string,
  field: string,
  text: string,
  bucket: string,
  oss: Placing,
): string {
  const endpoint = endpointOf(text, oss.path_style ? undefined : bucket);
  if (endpoint === undefined) throw unusableAnswer(vendor, `${field} isn't an endpoint`);
  if (isDoubled(endpoint, bucket, oss)) throw unusableAnswer(vendor, `${field}: ${doubled}`);
  checkRegion(vendor, field, endpoint, oss);
  return endpoint;
}

/** Throws VENDOR_MISCONFIGURED when signatures would name another region than that of the endpoint in `field`. */
export function checkRegion(vendor: string, field: string, endpoint: string, oss: Placing): void {
  const region = otherRegion(endpoint, oss);
  if (region === undefined) return;
  const message = `${vendor}: ${field} of its answer is in ${region}, and \`oss.region\` says otherwise`;
  throw new ExhibitError("VENDOR_MISCONFIGURED", message, { details: { vendor, region } });
}

/** A vendor's `oss` options where the configuration says where the bucket is; `more` has what the vendor adds. */
export function placedBucketOptions<More extends z.core.$ZodLooseShape>(more: More) {
  return bucketOptions.extend(more).superRefine((oss, context) => {
    const {
      endpoint = "",
      bucket,
      ...placing
    } = oss as Placing & {
      endpoint?: string;
      bucket: string;
    };
    const place = endpointOf(endpoint);
    if (place === undefined) return;
    const fault = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const region = otherRegion(place, placing);
    if (isDoubled(place, bucket, placing)) fault("endpoint", doubled);
    else if (region !== undefined) {
      fault(
        "region",
        `It isn't the one that \`endpoint\` is in, ${region}: correct one of the two`,
      );
    }
  });
}

const doubled = `It has a bucket's name in front, which is put there anyway: give it without, ${sample}`;

/** Copied as OSS's console shows a bucket's address: the bucket would be in it twice. */
function isDoubled(endpoint: string, bucket: string, { path_style }: Placing): boolean {
  const { hostname } = new URL(endpoint);
  const isBuckets = /^[^.]+\.oss-[^.]+\.aliyuncs\.com$/.test(hostname);
  return !path_style && (isBuckets || hostname.startsWith(`${bucket}.`));
}

/**
 * The region of an endpoint of OSS when V4 signatures would name another. Undefined for hosts that aren't of OSS, for those
 * of all regions (`oss-accelerate`), and for the finance clouds, whose endpoints have names of their own.
 */
function otherRegion(endpoint: string, oss: Placing): string | undefined {
  const form = /^oss-([a-z]{2}-[a-z]+(?:-\d)?)(?:-internal)?\.aliyuncs\.com$/;
  const region = form.exec(new URL(endpoint).hostname)?.[1];
  if (region === undefined || /finance|jbp/.test(region)) return undefined;
  return region === oss.region || oss.signature_version !== "v4" ? undefined : region;
}
