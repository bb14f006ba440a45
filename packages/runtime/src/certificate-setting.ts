import { readFile } from "node:fs/promises";
import { isPem } from "@exhibit/config";

/** Returns certificates in PEM: a setting as it stands, or what its file has. Undefined for one that can't be read. */
export async function readCertificateSetting(setting: string): Promise<string | undefined> {
  return isPem(setting) ? setting : await readFile(setting, "utf8").catch(() => undefined);
}
