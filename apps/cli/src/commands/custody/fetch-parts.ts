import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ApiClient } from "@exhibit/client";
import { ExhibitError } from "@exhibit/contracts";
import { writeWholeFile } from "../../file-list/whole-file.ts";

interface PartsOfSeal {
  readonly importId: string;
  /** Their names, which are also those of the files. */
  readonly parts: readonly string[];
  /** It is made if it isn't there. */
  readonly folder: string;
  readonly replace: boolean;
}

/** Writes parts of a seal into a folder, as they arrive. Returns the SHA-256 of each. */
export async function fetchParts(
  api: ApiClient,
  { importId, parts, folder, replace }: PartsOfSeal,
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const part of parts) {
    await mkdir(dirname(join(folder, part)), { recursive: true });
    const response = await api.sealPart(importId, part);
    digests.set(part, await writeBody(response, join(folder, part), replace));
  }
  return digests;
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
