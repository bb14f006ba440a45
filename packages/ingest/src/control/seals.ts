import {
  type BagRequest,
  ExhibitError,
  type RegisterEntry,
  type SealView,
} from "@exhibit/contracts";
import {
  isListName,
  type ListName,
  listNames,
  type PageName,
  pageNames,
  readPage,
  readSeal,
  writeProof,
} from "@exhibit/custody";
import {
  type Ledger,
  ledgerWithin,
  listRegister,
  type Page,
  proveFile,
  readSealOf,
  registerLines,
  type SealRecord,
  sealedList,
} from "@exhibit/ledger";
import { type BagTar, makeBag } from "./custody/bags.ts";
import { type ReportName, reportOf } from "./custody/reports.ts";
import type { Scoped } from "./scoped.ts";

/** What can be fetched of a seal, by name. */
export const sealParts = [
  "seal.txt",
  "seal.sig",
  "key.pem",
  "contents.txt",
  ...listNames,
  "register.txt",
  ...pageNames,
] as const;
export type SealPart = (typeof sealParts)[number];

/** What can be asked about seals, as far as their imports are within a scope. */
export interface Seals {
  /** Returns an import's seal. Throws NOT_FOUND, and STATE_CONFLICT if it has none yet. */
  get(importId: string): Promise<SealView>;
  /**
   * Returns one of its parts, as a text or bytes, or as lines that are read as they are taken. Throws
   * what `get` throws, and NOT_FOUND for the signature of a seal that has none; while the lines are
   * read, SEAL_BROKEN if the ledger isn't what was sealed.
   */
  part(importId: string, part: SealPart): Promise<string | Uint8Array | AsyncIterable<string>>;
  /** Returns a report of it, as a page or a PDF. Throws what `get` throws, and SEAL_BROKEN. */
  report(importId: string, name: ReportName): Promise<string | Uint8Array>;
  /**
   * Returns the text that proves a file's receipt to be part of the seal. Throws what `get` throws,
   * NOT_FOUND for a file of another import, and SEAL_BROKEN.
   */
  proof(importId: string, fileId: string): Promise<string>;
  /**
   * Returns a bag of the import without its payload, and puts on record who asked for it. Throws what `get`
   * throws, NOT_FOUND for files that it hasn't, and SEAL_BROKEN.
   */
  bag(importId: string, request: BagRequest, who: string): Promise<BagTar>;
  /** Returns a page of the register, from its first entry. */
  register(query: { limit: number; after?: string | undefined }): Promise<Page<RegisterEntry>>;
}

/** @param organization whose bags they are, as they say */
export function createSeals(whole: Ledger, organization?: string): Scoped<Seals> {
  return {
    within(scope) {
      const ledger = ledgerWithin(whole, scope);
      return {
        get: async (importId) => viewOf(await readSealOf(ledger, importId)),
        part: async (importId, part) => partOf(ledger, await readSealOf(ledger, importId), part),
        report: async (importId, name) =>
          await reportOf(ledger, name, { seal: await readSealOf(ledger, importId), organization }),
        async proof(importId, fileId) {
          const seal = await readSealOf(ledger, importId);
          return writeProof(await proveFile(ledger, seal, fileId));
        },
        async bag(importId, request, who) {
          const seal = await readSealOf(ledger, importId);
          const by = { who, why: request.why };
          return await makeBag(ledger, { seal, request, by, organization });
        },
        register: (query) => listRegister(ledger, query),
      };
    },
  };
}

function viewOf({ sealed, text, digest, signed }: SealRecord): SealView {
  const seal = readSeal(text);
  const { number, register, outcome, root, leaves, files, bytes } = seal;
  const { stored, identical, waived, skipped } = seal;
  return {
    import_id: sealed.id,
    number,
    register,
    outcome,
    sealed_at: seal.sealedAt,
    digest,
    root,
    leaves,
    files,
    bytes,
    stored,
    identical,
    waived,
    skipped,
    key: signed?.key ?? null,
    made_by: seal.madeBy,
    parts: sealParts.filter((part) => signed !== null || !ofSignature.has(part)),
  };
}

/** The parts that a seal without a signature doesn't have. */
const ofSignature: ReadonlySet<SealPart> = new Set(["seal.sig", "key.pem"]);

async function partOf(
  ledger: Ledger,
  seal: SealRecord,
  part: SealPart,
): Promise<string | Uint8Array | AsyncIterable<string>> {
  if (isListName(part)) return sealedList(ledger, seal, part satisfies ListName);
  if (isPageName(part)) return await readPage(part);
  if (part === "seal.txt") return seal.text;
  if (part === "contents.txt") return seal.contents;
  if (part === "register.txt") return registerLines(ledger, seal.number);
  const found = part === "seal.sig" ? seal.signed?.signature : seal.signed?.publicPem;
  if (found !== undefined) return found;
  throw new ExhibitError("NOT_FOUND", `The seal of import ${seal.sealed.id} isn't signed.`);
}

function isPageName(part: SealPart): part is PageName {
  return pageNames.some((name) => name === part);
}
