import {
  ExhibitError,
  type FolderRequest,
  type ImportRequest,
  isListed,
  type Scope,
} from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import { checkSource } from "@exhibit/sources";
import { namesOf, outsideScope } from "./scoped.ts";

export interface RequestChecks {
  broker: Pick<Broker, "check" | "has">;
  /** The folders that every source must lie below. */
  roots: readonly string[];
  /**
   * The real path of Exhibit's own data, which no source may contain; undefined where there is
   * none.
   */
  dataDir: string | undefined;
}

/**
 * Checks a request before anything is written to the ledger. Throws AUTH_FORBIDDEN naming what isn't
 * within the scope, REQUEST_INVALID or SOURCE_OUTSIDE_ROOTS, naming the folder.
 */
export function checkRequest(request: ImportRequest, scope: Scope, checks: RequestChecks): void {
  checkEntrust(request, scope);
  for (const [index, folder] of request.folders.entries()) {
    try {
      checkFolder(folder, request, scope, checks);
    } catch (thrown) {
      if (!(thrown instanceof ExhibitError)) throw thrown;
      throw namingFolder(index, thrown);
    }
  }
}

function checkEntrust({ entrust_id }: ImportRequest, { entrust_ids }: Scope): void {
  if (isListed(entrust_ids, entrust_id)) return;
  const fault =
    entrust_id === undefined
      ? "An import of yours has to name its entrust_id, one of those in your scope"
      : `The entrust_id ${JSON.stringify(entrust_id)} isn't within your scope`;
  throw outsideScope(
    `${fault}: ${namesOf(entrust_ids)}.`,
    entrust_id === undefined ? {} : { entrust_id },
  );
}

function checkFolder(
  { vendor, folder, source }: FolderRequest,
  { entrust_id, suit_ids }: ImportRequest,
  { vendors, roots: scopeRoots }: Scope,
  { broker, roots, dataDir }: RequestChecks,
): void {
  if (!isListed(vendors, vendor)) throw vendorOutsideScope(vendor, vendors);
  // The broker would name all vendors that it knows.
  if (vendors !== "all" && !broker.has(vendor)) throw notConfigured(vendor);
  broker.check({ vendor, folder, entrust_id, suit_ids });
  const limits = scopeRoots === "all" ? undefined : scopeRoots;
  checkSource(source, { roots, limits, dataDir });
}

function vendorOutsideScope(vendor: string, vendors: Scope["vendors"]): ExhibitError {
  const sentence = `The vendor ${JSON.stringify(vendor)} isn't within your scope: ${namesOf(vendors)}.`;
  return outsideScope(sentence, { vendor });
}

function notConfigured(vendor: string): ExhibitError {
  const sentence = `The vendor ${JSON.stringify(vendor)} isn't configured.`;
  return new ExhibitError("REQUEST_INVALID", sentence, { details: { vendor } });
}

function namingFolder(index: number, cause: ExhibitError): ExhibitError {
  const details = { ...cause.details, folder: index };
  return new ExhibitError(cause.code, `folders[${index}]: ${cause.message}`, { cause, details });
}
