import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  type CachedAnswer,
  type FolderOfCase,
  folderKey,
  type LeaseKeyRing,
  parseLeaseKeys,
  type Vendor,
  type VendorAnswer,
} from "../src/index.ts";

/** Returns a key ring with keys made of one letter each: `ring("b", "a")` encrypts with b. */
export function ring(...letters: string[]): LeaseKeyRing {
  const text = letters.map((id) => `${id}:${Buffer.alloc(32, id).toString("base64")}`).join(",");
  const keys = parseLeaseKeys(text);
  if (typeof keys === "string") throw new Error(keys);
  return keys;
}

/** Returns an answer with one lease for the folder `suits/1/` and new secrets. */
export function cachedAnswer(more: { life?: number; answeredAt?: number } = {}): CachedAnswer {
  const { life = 60_000, answeredAt = Date.now() } = more;
  const [{ ends, ...lease }] = vendorAnswer(life).leases as [VendorAnswer["leases"][number]];
  const expiresAt = answeredAt + life;
  const times = { issuedAt: answeredAt, renewAt: expiresAt - life / 5, expiresAt };
  return { answeredAt, leases: [{ id: randomUUID(), ...lease, ...times }], refusals: [] };
}

/** Returns the answer of a vendor that opens suit 1. */
export function vendorAnswer(life: number): VendorAnswer {
  return {
    leases: [
      {
        credentials: {
          accessKeyId: `STS.${randomUUID()}`,
          accessKeySecret: `secret-${randomUUID()}`,
          securityToken: `token-${randomUUID()}`,
        },
        bucket: {
          endpoint: "https://oss.test",
          region: "cn-test",
          name: "evidence",
          pathStyle: false,
          signatureVersion: "v4",
        },
        folders: { [folderKey({ suit_id: "1" })]: "suits/1/" },
        prefixes: ["suits/1/"],
        ends: { after: life },
      },
    ],
    refusals: [],
  };
}

export const suit1: FolderOfCase = {
  vendor: "fake",
  entrust_id: undefined,
  suit_ids: ["1"],
  folder: { suit_id: "1" },
};

/** Returns a vendor that answers by `issue`. */
export function vendorOf(issue: Vendor["issue"], more: Partial<Vendor> = {}): Vendor {
  return {
    name: "fake",
    selector: z.strictObject({ suit_id: z.string() }),
    call: ({ suit_ids }) => ({ suit_ids: suit_ids.join() }),
    issue,
    ...more,
  };
}
