import { type BucketRetention, ExhibitError } from "@exhibit/contracts";
import { element } from "./failed-response.ts";
import type { Target } from "./object-calls.ts";
import type { Sender } from "./sender.ts";

type Asker = Omit<Target, "key">;

/**
 * Asks OSS what the lease's bucket itself keeps: by a policy for all its objects (BucketWorm), or object
 * by object (ObjectWorm). A bucket has one of them at most, so that what is refused for one may still be
 * answered by the other. Throws STORE_*, LEASE_* and INTERRUPTED when neither tells it.
 */
export async function askBucketRetention(sender: Sender, asker: Asker): Promise<BucketRetention> {
  const ofAll = await askOne(sender, asker, bucketWorm);
  if (typeof ofAll === "string") return ofAll;
  const ofEach = await askOne(sender, asker, objectWorm);
  if (typeof ofEach === "string") return ofEach;
  const refusal = ofAll ?? ofEach;
  if (refusal !== undefined) throw refusal;
  return "none";
}

/** One of the two ways in which a bucket keeps what is in it. */
interface Way {
  operation: string;
  subresource: string;
  /** The root of the answer's XML. */
  root: string;
  /** Returns what is kept, undefined for nothing, or a reason why that can't be told. */
  read(xml: string): { keeps: BucketRetention | undefined } | string;
}

const bucketWorm: Way = {
  operation: "GetBucketWorm",
  subresource: "worm",
  root: "WormConfiguration",
  read(xml) {
    const state = element(xml, "State");
    // It wasn't locked within a day, and counts for nothing any more.
    if (state === "Expired") return { keeps: undefined };
    const days = countIn(xml, "RetentionPeriodInDays");
    if (days === undefined) return "it names no number of days";
    if (state === "Locked") return { keeps: `locked ${days} days` };
    if (state === "InProgress") return { keeps: `not yet locked ${days} days` };
    return `its state is ${JSON.stringify(state)}`;
  },
};

const objectWorm: Way = {
  operation: "GetBucketObjectWormConfiguration",
  subresource: "objectWorm",
  root: "ObjectWormConfiguration",
  read(xml) {
    const enabled = element(xml, "ObjectWormEnabled");
    if (enabled !== "Enabled") return `ObjectWormEnabled is ${JSON.stringify(enabled)}`;
    if (!/<DefaultRetention[\s>]/.test(xml)) return { keeps: "each object when asked" };
    const [days, years] = [countIn(xml, "Days"), countIn(xml, "Years")];
    if ((days === undefined) === (years === undefined)) return "its rule has no period, or two";
    const period =
      days === undefined ? (`${years ?? 0} years` as const) : (`${days} days` as const);
    const mode = element(xml, "Mode");
    if (mode === "COMPLIANCE") return { keeps: `each object ${period}` };
    if (mode === "GOVERNANCE") return { keeps: `each object ${period}, governance` };
    return `the mode of its rule is ${JSON.stringify(mode)}`;
  },
};

function countIn(xml: string, name: string): number | undefined {
  const text = element(xml, name) ?? "";
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}

/** Returns what is kept, undefined for nothing, or why OSS doesn't tell it. */
async function askOne(
  sender: Sender,
  asker: Asker,
  { operation, subresource, root, read }: Way,
): Promise<BucketRetention | ExhibitError | undefined> {
  try {
    const query = { [subresource]: "" };
    const request = { ...asker, operation, root, key: "", method: "GET", query };
    const { body } = await sender.send(request);
    const found = read(body.toString());
    if (typeof found !== "string") return found.keeps;
    const { name } = asker.lease.bucket;
    const message = `OSS answered ${operation} of bucket ${name} with something that can't be used: ${found}.`;
    return new ExhibitError("STORE_UNAVAILABLE", message, { details: { operation, bucket: name } });
  } catch (thrown) {
    if (!(thrown instanceof ExhibitError) || !isRefusal(thrown)) throw thrown;
    return isUnset(thrown) ? undefined : thrown;
  }
}

/**
 * Returns whether OSS has decided: another lease, another time or another clock changes nothing. A
 * storage that doesn't know the question says 501.
 */
function isRefusal({ action, details }: ExhibitError): boolean {
  const { oss_status: status } = details;
  return status === 501 || (action === "never" && status !== undefined);
}

/** A 404 says that there is no such configuration, unless it says that there is no such bucket. */
function isUnset({ details }: ExhibitError): boolean {
  const { oss_status, oss_code } = details;
  return oss_status === 404 && oss_code !== undefined && oss_code !== "NoSuchBucket";
}
