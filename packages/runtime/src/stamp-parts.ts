import type { ExhibitConfig, StampConfig } from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import { readTrust } from "@exhibit/custody";
import type { StampAuthority, StampParts } from "@exhibit/ingest";
import type { StampRoots } from "@exhibit/ledger";
import { readCertificateSetting } from "./certificate-setting.ts";
import { openOutward } from "./outward.ts";

/** Opens what entries of the register are stamped by. Throws CONFIG_INVALID for certificates that aren't taken. */
export async function openStampParts({ trial, custody }: ExhibitConfig): Promise<StampParts> {
  return {
    authorities: await Promise.all((custody?.stamps ?? []).map(authorityOf)),
    fetch: openOutward(trial),
  };
}

/** Returns what the certificates of the authorities have to lead to. */
export function rootsOf({ authorities }: StampParts): StampRoots {
  return new Map(
    authorities.flatMap(({ name, trust }) => (trust ? [[name, trust.pem] as const] : [])),
  );
}

async function authorityOf(config: StampConfig): Promise<StampAuthority> {
  const { name, url, headers = {}, digest = "sha256", policy, ca } = config;
  return {
    name,
    url,
    headers,
    digest,
    policy,
    ...(ca !== undefined && { trust: await trustOf(name, ca) }),
  };
}

/** Reads the certificates of an authority: a file's, or PEM as it stands. */
async function trustOf(name: string, ca: string): Promise<StampAuthority["trust"]> {
  const pem = await readCertificateSetting(ca);
  if (pem === undefined) throw unfit(name, `${ca} can't be read`);
  const certificates = readTrust(pem);
  if (typeof certificates === "string") throw unfit(name, certificates);
  return { pem, certificates };
}

function unfit(name: string, reason: string): ExhibitError {
  return new ExhibitError(
    "CONFIG_INVALID",
    `custody.stamps: the ca of ${name} can't be used: ${reason}.`,
  );
}
