import { extname } from "node:path/posix";
import { ExhibitError, type FolderSelector } from "@exhibit/contracts";
import { z } from "zod";
import { createIotClient, iotAccount } from "../gateways/iot.ts";
import type { Credentials } from "../lease.ts";
import { bucketFrom, bucketName, bucketOptions } from "../options/bucket.ts";
import { keyText } from "../options/key-text.ts";
import {
  folderKey,
  type IssuedLease,
  type NumberedFile,
  type Vendor,
  type VendorCall,
  type VendorDependencies,
} from "../vendor.ts";
import { checkRegion } from "./answered-place.ts";
import { endOptions, leaseEnd } from "./expiration.ts";
import { partOf, unusableAnswer } from "./unusable-answer.ts";
import { type UploadPlace, uploadPlace } from "./upload-url.ts";

/** What the vendor's document lists for `suffix`. */
const suffixes = ["jpg", "png", "gif"] as const;
/** "If at most 10 images may be uploaded, index is 1 to 10." */
const IMAGES = 10;

export const industryOptions = z.strictObject({
  ...iotAccount.shape,
  ...endOptions.shape,
  app_id: keyText(),
  oss: bucketOptions.extend({
    /** The object's key if `uploadUrl` names only the bucket: the vendor's document doesn't say. */
    key: z
      .string()
      .refine((text) => ["{id}", "{index}"].every((each) => text.includes(each)), {
        error: "It must contain {id} and {index}",
      })
      .refine((text) => !text.endsWith("/"), { error: "It must not end with a slash" })
      .default("{type}/{id}/{index}.{suffix}"),
  }),
});
type Options = z.output<typeof industryOptions>;

const text = z.string().nullish();
const answer = z.object({
  accessKeyId: text,
  accessKeySecret: text,
  securityToken: text,
  endpoint: z.string().min(1),
  uploadUrl: z.string().min(1),
  expiration: z.union([z.string(), z.number().transform(String)]).nullish(),
});
type Answer = z.output<typeof answer>;

const selector = z.strictObject({
  type: z.enum(["OWNBRAND", "OTHERBRAND"]),
  // A Long; JSON has no leading zeros.
  id: z.string().regex(/^[1-9]\d{0,18}$/, "Give the record's number, in digits"),
});
const fileSelector = selector.extend({
  index: z.string().regex(/^[1-9]\d{0,2}$/, "Give the image's number, from 1 on"),
  suffix: z.enum(suffixes),
});

export const industryExample = { type: "OWNBRAND", id: "1001" };

/** `/industry/qualification/oss/sts/get`: one call opens one image of a brand's record. */
export function industry(options: Options, { now, tunnel }: VendorDependencies = {}): Vendor {
  const name = "industry";
  const gateway = createIotClient({ vendor: name, account: options, now, tunnel });
  return {
    name,
    selector,
    perFile: { limit: IMAGES, selector: fileSelector, slot: (file) => slotOf(name, file) },
    call: ({ folder }) => ({ appId: options.app_id, ...folder }),
    async issue(call, { signal }) {
      const data = await gateway.call({
        path: "/industry/qualification/oss/sts/get",
        apiVersion: "1.0.0",
        parameters: { ...call, index: long(call.index), id: long(call.id) },
        signal,
      });
      const given = partOf(name, answer, data, "data");
      return { leases: [leaseOf(name, given, call, options)], refusals: [] };
    },
  };
}

function slotOf(vendor: string, { path, number }: NumberedFile): FolderSelector | ExhibitError {
  const suffix = extname(path).slice(1).toLowerCase();
  if (suffixes.some((each) => each === suffix)) return { index: String(number), suffix };
  const what = suffix === "" ? "has no suffix" : `is a .${suffix}`;
  return new ExhibitError(
    "FILE_NOT_ACCEPTED",
    `${vendor} takes images with the suffix ${suffixes.join(", ")}; ${JSON.stringify(path)} ${what}.`,
    { details: { vendor } },
  );
}

/** Returns a JSON number of up to 19 digits, which a JavaScript number would round. */
function long(digits: string | undefined): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits ?? "null");
}

function leaseOf(vendor: string, given: Answer, call: VendorCall, options: Options): IssuedLease {
  const { oss } = options;
  const { appId: _, ...folder } = call;
  const place = placeOf(vendor, given, oss.path_style);
  const key = place.key ?? keyFor(oss.key, folder);
  // Otherwise all images of the record would become this one object.
  if (key.endsWith("/")) throw unusableAnswer(vendor, "uploadUrl names a folder, not an object");
  if (!place.signed) checkRegion(vendor, "endpoint", place.endpoint, oss);
  return {
    credentials: credentialsOf(vendor, given, place),
    bucket: bucketFrom(oss, { endpoint: place.endpoint, name: place.bucket }),
    folders: { [folderKey(folder)]: key.slice(0, key.lastIndexOf("/") + 1) },
    prefixes: [key],
    object: { key, ...(place.signed && { uploadUrl: given.uploadUrl }) },
    ends: leaseEnd(vendor, "expiration", given.expiration ?? undefined, options),
  };
}

function placeOf(vendor: string, given: Answer, pathStyle: boolean): UploadPlace {
  const place = uploadPlace(given.uploadUrl, { endpoint: given.endpoint, pathStyle });
  const named = place?.signed === true || bucketName.safeParse(place?.bucket).success;
  if (place !== undefined && named) return place;
  throw unusableAnswer(vendor, "uploadUrl is neither a signed URL nor a bucket before endpoint");
}

function keyFor(template: string, folder: FolderSelector): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => folder[name] ?? whole);
}

/** A signed URL needs no other credentials. */
function credentialsOf(vendor: string, given: Answer, { signed }: UploadPlace): Credentials {
  const { accessKeyId, accessKeySecret, securityToken } = given;
  const parts = Object.entries({ accessKeyId, accessKeySecret, securityToken });
  const missing = parts.filter(([, value]) => !value).map(([part]) => part);
  if (missing.length > 0 && !signed) {
    throw unusableAnswer(vendor, `data lacks ${missing.join(", ")}`);
  }
  return {
    accessKeyId: accessKeyId ?? "",
    accessKeySecret: accessKeySecret ?? "",
    securityToken: securityToken ?? "",
  };
}
