import { ExhibitError } from "@exhibit/contracts";
import {
  createVendors,
  type FolderKey,
  folderKey,
  type IssuedLease,
  type Vendor,
  type VendorCall,
} from "@exhibit/credentials";
import type { VirtualTime } from "./virtual-time.ts";
import type { World } from "./world.ts";

export interface VendorModel {
  /** Exhibit's own vendors; only the network calls are the model's. */
  readonly vendors: Readonly<Record<string, Vendor>>;
  /** The times of the calls in virtual milliseconds. */
  readonly calls: number[];
  /** Calls that were refused because of the quota. */
  readonly refused: number;
}

const bucket = {
  endpoint: "https://oss.test",
  region: "cn-test",
  name: "evidence",
  pathStyle: false,
  signatureVersion: "v4",
} as const;

/** Creates a gateway with one quota for all callers, as an app key has it; above it, it bans them. */
export function createVendorModel(
  time: VirtualTime,
  { vendor: { callsPerSecond, ban, latency, lifetime } }: World,
): VendorModel {
  const calls: number[] = [];
  let bannedUntil = 0;
  let refused = 0;

  async function called(): Promise<void> {
    const now = time.now();
    calls.push(now);
    const lately = calls.slice(-callsPerSecond - 1).filter((at) => at > now - 1000).length;
    if (now >= bannedUntil && lately > callsPerSecond) bannedUntil = now + ban;
    await new Promise<void>((resolve) => time.at(now + latency, resolve));
    if (now >= bannedUntil) return;
    refused += 1;
    throw new ExhibitError("VENDOR_THROTTLED", "App Call Limited", {
      retryAfter: Math.max(0, bannedUntil - time.now()),
    });
  }

  const lease = (folder: FolderKey, prefix: string): IssuedLease => ({
    credentials: { accessKeyId: "STS.1", accessKeySecret: "s", securityToken: "t" },
    bucket,
    folders: { [folder]: prefix },
    prefixes: [prefix],
    ends: { after: lifetime },
  });
  const { kongur, industry } = configured(callsPerSecond) as { kongur: Vendor; industry: Vendor };
  return {
    vendors: {
      kongur: {
        ...kongur,
        async issue({ suit_ids }) {
          await called();
          const suits = String(suit_ids).split(",");
          const leases = suits.map((id) => lease(folderKey({ suit_id: id }), `suits/${id}/`));
          return { leases, refusals: [] };
        },
      },
      industry: {
        ...industry,
        async issue(call) {
          await called();
          return { leases: [imageLease(call, lease)], refusals: [] };
        },
      },
    },
    calls,
    get refused() {
      return refused;
    },
  };
}

function imageLease(
  { appId: _, ...folder }: VendorCall,
  lease: (folder: FolderKey, prefix: string) => IssuedLease,
): IssuedLease {
  const prefix = `${folder.type}/${folder.id}/`;
  const key = `${prefix}${folder.index}.${folder.suffix}`;
  return { ...lease(folderKey(folder), prefix), prefixes: [key], object: { key } };
}

/** Configures half of the vendor's quota as rate_limit, as docs/scale.md advises: others call the vendor, too. */
function configured(callsPerSecond: number): Record<string, Vendor> {
  const rate_limit = { calls: Math.max(1, Math.floor(callsPerSecond / 2)), per_seconds: 1 };
  const oss = { region: bucket.region };
  return createVendors({
    kongur: {
      gateway: "http://127.0.0.1:1/router/rest",
      app_key: "1",
      app_secret: "s",
      kongur_app_key: "k",
      oss: { ...oss, endpoint: bucket.endpoint, bucket: bucket.name },
      rate_limit,
    },
    industry: {
      gateway: "http://127.0.0.1:1",
      app_key: "1",
      app_secret: "s",
      app_id: "a",
      oss,
      rate_limit,
    },
  });
}
