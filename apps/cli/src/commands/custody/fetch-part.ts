import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ApiClient } from "@exhibit/client";
import { ExhibitError } from "@exhibit/contracts";
import { writeWholeFile } from "../../file-list/whole-file.ts";

interface PartOfSeal {
  readonly importId: string;
  /** Its name, which is also that of the file. */
  readonly part: string;
  readonly folder: string;
  readonly replace: boolean;
}

/** Writes a part of a seal into a folder, as it arrives. Returns its SHA-256. */
export async function fetchPart(
  api: ApiClient,
  { importId, part, folder, replace }: PartOfSeal,
): Promise<string> {
  return await writeBody(await api.sealPart(importId, part), join(folder, part), replace);
}

/** Writes a response's body into a file, which appears when all of it is there. Returns its SHA-256. */
export async function writeBody(
  response: Response,
  path: string,
  replace: boolean,
): Promise<string> {
  const digest = createHash("sha256");
  await writeWholeFile(path, { replace }, async (send) => {
    try {
      for await (const bytes of response.body ?? []) {
        digest.update(bytes);
        await send(bytes);
      }
    } catch (thrown) {
      throw brokeOff(path, thrown);
    }
  });
  return digest.digest("hex");
}

function brokeOff(path: string, cause: unknown): ExhibitError {
  return new ExhibitError(
    "SEAL_BROKEN",
    `${path} broke off: the connection failed, or the ledger isn't what was sealed. Try again; if it breaks off again, look at the API's log.`,
    { cause },
  );
}
