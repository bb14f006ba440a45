import { z } from "zod";
import { type BucketOptions, bucketOptions } from "./bucket.ts";

/**
 * Returns an endpoint with scheme and without path, or undefined if the text isn't an endpoint.
 * Vendors often leave out the scheme (`oss-cn-hangzhou.aliyuncs.com`), which means https; some put
 * the bucket in front: pass its name to have it removed. Don't pass it for a configured endpoint,
 * nor where the bucket belongs into the path.
 */
export function endpointOf(text: string, bucket?: string): string | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return undefined;
  const bare =
    url.username === "" && url.password === "" && url.search === "" && url.pathname === "/";
  if (!bare || /\s/.test(text)) return undefined;
  const hasBucket = bucket !== undefined && url.host.startsWith(`${bucket}.`);
  return `${url.protocol}//${hasBucket ? url.host.slice(bucket.length + 1) : url.host}`;
}

const sample = "such as https://oss-cn-hangzhou.aliyuncs.com";

/** A configured endpoint. */
export const endpointOption = z.string().refine((text) => endpointOf(text) !== undefined, {
  error: `Give an address with https:// or http:// and without a path, ${sample}`,
});

/**
 * Returns the schema of a vendor's `oss` options when the configuration says where the bucket is;
 * `more` has the options that only this vendor has.
 */
export function placedBucketOptions<More extends z.core.$ZodLooseShape>(more: More) {
  return bucketOptions.extend(more).superRefine((oss, context) => {
    const {
      endpoint = "",
      bucket,
      ...options
    } = oss as BucketOptions & {
      endpoint?: string;
      bucket: string;
    };
    const place = endpointOf(endpoint);
    if (place === undefined) return;
    const fault = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const region = otherRegion(place, options);
    if (hasBucketInFront(place, bucket, options)) fault("endpoint", bucketInFront);
    else if (region !== undefined) {
      fault("region", `\`endpoint\` is in another region, ${region}: correct one of the two`);
    }
  });
}

/** The fault of an endpoint for which `hasBucketInFront` is true. */
export const bucketInFront = `Give it without a bucket's name in front, which is added anyway, ${sample}`;

/**
 * Returns whether an endpoint was copied as OSS's console shows a bucket's address: the bucket's
 * name would be in it twice.
 */
export function hasBucketInFront(
  endpoint: string,
  bucket: string,
  { path_style }: BucketOptions,
): boolean {
  const { hostname } = new URL(endpoint);
  const isBuckets = /^[^.]+\.oss-[^.]+\.aliyuncs\.com$/.test(hostname);
  return !path_style && (isBuckets || hostname.startsWith(`${bucket}.`));
}

/**
 * Returns the region of an endpoint of OSS if V4 signatures would name another one. Returns
 * undefined for hosts that aren't OSS's, for those of all regions (`oss-accelerate`), and for the
 * finance clouds, whose endpoints have names of their own.
 */
export function otherRegion(endpoint: string, oss: BucketOptions): string | undefined {
  const form = /^oss-([a-z]{2}-[a-z]+(?:-\d)?)(?:-internal)?\.aliyuncs\.com$/;
  const region = form.exec(new URL(endpoint).hostname)?.[1];
  if (region === undefined || /finance|jbp/.test(region)) return undefined;
  return region === oss.region || oss.signature_version !== "v4" ? undefined : region;
}
