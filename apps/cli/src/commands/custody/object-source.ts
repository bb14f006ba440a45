import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiClient } from "@exhibit/client";
import { readEnvironment } from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import type { BagFile } from "@exhibit/custody";
import type { Terminal } from "../../output/terminal.ts";
import { configOf } from "../vendors/config.ts";
import type { PayloadSource } from "./payload.ts";

/** What `import.json` says of an import: whose folders they are. */
interface ImportJson {
  readonly entrust_id?: string;
  readonly suit_ids: readonly string[];
  readonly folders: readonly {
    readonly folder: number;
    readonly vendor: string;
    readonly selector: Readonly<Record<string, string>>;
  }[];
}

/**
 * Opens the objects of a bag, by leases that this process asks the vendors of `exhibit.yaml` for. A bag
 * that shows some files only doesn't say which folders they are of: the API does. Throws
 * CONFIG_INVALID, REQUEST_INVALID and the API's errors.
 */
export async function openObjectSource(
  bag: { folder: string; importId: string },
  {
    command,
    api,
    terminal,
    signal,
  }: { command: string; api: () => ApiClient; terminal: Terminal; signal: AbortSignal },
): Promise<PayloadSource> {
  const config = await configOf(command, terminal);
  const { openObjectBytes } = await import("@exhibit/runtime/object-bytes");
  const own = await readFile(join(bag.folder, "seal/import.json"), "utf8").catch(() => undefined);
  const text = own ?? (await (await api().sealPart(bag.importId, "import.json")).text());
  const { entrust_id, suit_ids, folders } = JSON.parse(text) as ImportJson;
  const cases = new Map(
    folders.map(({ folder, vendor, selector }) => [
      folder,
      { vendor, entrust_id, suit_ids, folder: selector },
    ]),
  );
  const objects = openObjectBytes(config, { proxies: readEnvironment().proxies, signal });
  return {
    async *bytesOf({ receipt }) {
      const { endpoint, bucket, key, version_id: versionId } = receipt;
      const of = cases.get(receipt.folder);
      if (of === undefined || endpoint === undefined || bucket === undefined || key === undefined)
        throw new ExhibitError("NOT_FOUND", "Its receipt doesn't say where its object is.");
      yield* objects.read({ of, endpoint, bucket, key, versionId });
    },
    otherBytes: (file, how) =>
      new ExhibitError("EVIDENCE_CONFLICT", `${shownOf(file)} isn't what was stored: ${how}.`),
    [Symbol.dispose]: () => objects[Symbol.dispose](),
  };
}

function shownOf({ receipt }: BagFile): string {
  return `The object ${JSON.stringify(receipt.key)} in bucket ${receipt.bucket}`;
}
