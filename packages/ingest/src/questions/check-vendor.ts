import {
  type CheckStep,
  type ExhibitError,
  errorTable,
  toExhibitError,
  type VendorCheckView,
  visible,
} from "@exhibit/contracts";
import { type Broker, type FolderOfCase, folderToAskFor, type Tunnel } from "@exhibit/credentials";
import { probe } from "@exhibit/oss";

const stepNames = ["name", "lease", "store"] as const;
type StepName = (typeof stepNames)[number];

const proofs = {
  absent: "OSS accepts signature and policy.",
  present: "OSS accepts signature and policy; an object exists already.",
  unreadable:
    "OSS accepts the signature, but the policy doesn't allow reading (oss:GetObject): existing objects can't be compared.",
} as const;

/**
 * Checks a vendor step by step: whether it can name the folder, whether it opens it now, and
 * whether OSS accepts the lease and for what, by requests that change nothing. The vendor is called even if
 * there is a lease already. Throws INTERRUPTED when `signal` aborts.
 */
export async function checkVendor(
  { broker, tunnel }: { broker: Broker; tunnel: Tunnel | undefined },
  of: FolderOfCase,
  signal: AbortSignal,
): Promise<VendorCheckView> {
  const steps = new Map<StepName, CheckStep>();
  const seen: Pick<VendorCheckView, "lease" | "probe" | "may"> = { lease: null, probe: null };

  async function step<T>(name: StepName, work: () => T | Promise<T>): Promise<T> {
    try {
      const done = await work();
      steps.set(name, { step: name, outcome: "passed", message: null, error: null });
      return done;
    } catch (thrown) {
      const error = toExhibitError(thrown);
      if (signal.aborted) throw error;
      steps.set(name, { step: name, outcome: "failed", message: null, error: viewOf(error) });
      throw error;
    }
  }

  try {
    await step("name", () => broker.check(of));
    const folder = folderToAskFor(broker, of);
    const now = Date.now();
    const lease = await step("lease", () =>
      broker.lease({ ...of, folder }, { signal, refusedSince: now, answeredSince: now }),
    );
    const { bucket, prefix, prefixes, expiresAt, assumedUtc } = lease;
    seen.lease = {
      folder: { ...folder },
      lease_id: lease.id,
      endpoint: bucket.endpoint,
      region: bucket.region,
      bucket: bucket.name,
      prefix,
      prefixes: [...prefixes],
      expires_at: expiresAt.toISOString(),
      ...(assumedUtc === undefined ? {} : { assumed_utc: assumedUtc }),
    };
    const proof = await step("store", () => probe(lease, { signal, tunnel }));
    seen.probe = { outcome: proof.outcome, key: proof.key, request_id: proof.requestId ?? null };
    seen.may = proof.may;
    steps.set("store", {
      ...{ step: "store", outcome: "passed", error: null },
      message: proofs[proof.outcome],
    });
  } catch (thrown) {
    // A step that failed is told; the others are skipped.
    if (signal.aborted) throw thrown;
    if (![...steps.values()].some(({ outcome }) => outcome === "failed")) throw thrown;
  }
  const all = stepNames.map((name) => steps.get(name) ?? skipped(name));
  const passed = all.every(({ outcome }) => outcome === "passed");
  return { vendor: of.vendor, passed, steps: all, ...seen };
}

function skipped(step: StepName): CheckStep {
  return { step, outcome: "skipped", message: null, error: null };
}

function viewOf({ code, message }: ExhibitError): CheckStep["error"] {
  return { code, message: visible(message), remedy: errorTable[code].remedy };
}
