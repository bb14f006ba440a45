import { type BucketRetention, ExhibitError, type LeaseAbilities } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { interrupted } from "../http/interrupted.ts";
import { askBucketRetention } from "./bucket-retention.ts";
import type { Sender } from "./sender.ts";

type Ability = LeaseAbilities["list"];

/** How long, in milliseconds, OSS may take to say one of them. */
const ASKED_FOR = 5_000;

const yes: Ability = { answer: "yes", code: null };
const unknown: Ability = { answer: "unknown", code: null };

/**
 * Finds out what a lease may do besides storing, by requests that change nothing. Throws INTERRUPTED when
 * `signal` aborts; whatever else goes wrong makes an ability `unknown`.
 *
 * @param isReadable whether OSS let the lease look for an object
 */
export async function askAbilities(
  sender: Sender,
  { lease, isReadable, signal }: Asked & { isReadable: boolean },
): Promise<LeaseAbilities> {
  const read: Ability = isReadable ? yes : { answer: "no", code: "AccessDenied" };
  // Whoever has a signed URL can't ask for anything else by it.
  if (lease.object?.uploadUrl !== undefined)
    return { list: unknown, read, keep: { ...unknown, retention: "unknown" } };
  const list = await inTime(signal, (within) => askList(sender, { lease, signal: within }));
  const keep = await inTime(signal, (within) => askKeep(sender, { lease, signal: within }));
  return { list, read, keep };
}

interface Asked {
  lease: Lease;
  signal: AbortSignal | undefined;
}

async function inTime<Answer>(
  signal: AbortSignal | undefined,
  ask: (within: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const late = AbortSignal.timeout(ASKED_FOR);
  const answer = await ask(signal ? AbortSignal.any([signal, late]) : late);
  if (signal?.aborted) throw interrupted(signal);
  return answer;
}

async function askList(sender: Sender, { lease, signal }: Asked): Promise<Ability> {
  const { prefix } = lease;
  const query = {
    ...{ "list-type": "2", "encoding-type": "url", "max-keys": "1" },
    ...(prefix !== "" && { prefix }),
  };
  const operation = { operation: "ListObjectsV2", key: "", root: "ListBucketResult" };
  try {
    await sender.send({ ...operation, lease, method: "GET", query, signal });
    return yes;
  } catch (thrown) {
    return whyNot(thrown);
  }
}

async function askKeep(sender: Sender, asked: Asked): Promise<LeaseAbilities["keep"]> {
  try {
    const retention = await askBucketRetention(sender, asked);
    return { answer: keeps(retention), code: null, retention };
  } catch (thrown) {
    // That it may not be asked says nothing of what is kept.
    return { ...whyNot(thrown), answer: "unknown", retention: "unknown" };
  }
}

/** A policy that isn't locked, and ObjectWorm without a rule, leave it to what somebody does later. */
function keeps(retention: BucketRetention): Ability["answer"] {
  if (retention === "none") return "no";
  return /^(?:locked|each object \d)/.test(retention) ? "yes" : "unknown";
}

function whyNot(thrown: unknown): Ability {
  if (!(thrown instanceof ExhibitError)) throw thrown;
  const { code, details } = thrown;
  const answer = code === "STORE_DENIED" && details.oss_status === 403 ? "no" : "unknown";
  // What was broken off was so because OSS took too long.
  const own = code === "INTERRUPTED" ? "STORE_UNAVAILABLE" : code;
  return { answer, code: String(details.oss_code ?? own) };
}
