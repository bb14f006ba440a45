import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment, ExhibitConfig } from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import { newSealKey, pemSigner, type Signer } from "@exhibit/custody";
import type { Sealer } from "@exhibit/ledger";

/** Who seals, whatever the program. */
export type SealerParts = Omit<Sealer, "madeBy">;

/** The key that a process makes which keeps everything itself, where nobody has set one. */
const FILE = "seal-key.pem";

/**
 * Returns what this process seals with: EXHIBIT_SEAL_KEY, or in a deployment of one process the key in
 * its data folder, which is made when it is missing. Throws CONFIG_INVALID for a key that isn't taken.
 */
export async function openSealer(
  { sealKey, oldSealKey, databaseUrl, dataDir }: Environment,
  { custody }: ExhibitConfig,
): Promise<SealerParts> {
  const own =
    sealKey === undefined && databaseUrl === undefined ? await ownKey(dataDir) : undefined;
  return {
    signer: own ?? signerOf("EXHIBIT_SEAL_KEY", sealKey),
    oldSigner: signerOf("EXHIBIT_SEAL_KEY_OLD", oldSealKey),
    register: custody?.register,
    withSm3: custody?.sm3 ?? false,
    authorities: custody?.stamps?.map(({ name }) => name),
    stampsHourly: custody?.stamp === "hourly",
  };
}

function signerOf(origin: string, pem: string | undefined): Signer | undefined {
  if (pem === undefined) return undefined;
  const signer = pemSigner(pem);
  if (typeof signer !== "string") return signer;
  throw new ExhibitError("CONFIG_INVALID", `${origin} can't be used: ${signer}.`);
}

/** Returns the key of a data folder, which one process has at a time. */
async function ownKey(dataDir: string): Promise<Signer | undefined> {
  const path = join(dataDir, FILE);
  await writeFile(path, newSealKey(), { mode: 0o600, flag: "wx" }).catch(() => {});
  const pem = await readFile(path, "utf8").catch(() => undefined);
  return signerOf(path, pem);
}
