import type { X509Certificate } from "node:crypto";
import type { ExhibitConfig } from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import { readCertificates } from "@exhibit/custody";
import { readCertificateSetting } from "./certificate-setting.ts";

/**
 * Reads the certificates of the keys that seal. Which one is a seal's key's is found when a bag is made:
 * the API, which makes them, doesn't have the key. Throws CONFIG_INVALID for a file that has none.
 */
export async function readKeyCertificates({
  custody,
}: ExhibitConfig): Promise<X509Certificate[] | undefined> {
  const given = custody?.certificate;
  if (given === undefined) return undefined;
  const pem = await readCertificateSetting(given);
  const read = pem === undefined ? `${given} can't be read` : readCertificates(pem);
  if (typeof read !== "string") return read;
  throw new ExhibitError("CONFIG_INVALID", `custody.certificate can't be used: ${read}.`);
}
