import type { X509Certificate } from "node:crypto";
import {
  type BagRequest,
  type DepositView,
  type DistrustRequest,
  ExhibitError,
  type RegisterEntry,
  type RegisterText,
  type RetryEntryRequest,
  type SealKeyView,
  type SealState,
  type SealView,
  type StampView,
  UNNAMED_ACTOR,
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
  type DepositRules,
  depositsOf,
  distrustSealKey,
  journalOf,
  type Ledger,
  ledgerWithin,
  listRegister,
  listSealKeys,
  type Page,
  proveFile,
  readEntryOf,
  readSealOf,
  registerLines,
  retryDeposits,
  retryStamp,
  type SealRecord,
  type StampRoots,
  sealedList,
} from "@exhibit/ledger";
import type { EnqueueDependencies } from "../../jobs/enqueue.ts";
import { ringDeposits } from "../../jobs/ring-deposits.ts";
import { ringStamps } from "../../jobs/ring-stamps.ts";
import type { Scoped } from "../scoped.ts";
import { type BagTar, makeBag } from "./bags.ts";
import { journalNames, journalTexts } from "./entry-files.ts";
import { type ReportName, reportOf } from "./reports.ts";
import {
  isStampPart,
  partsOfStamp,
  readStampPart,
  type SealStamps,
  type StampPart,
  stampsOfSeal,
} from "./stamp-parts.ts";
import { createVerifications, type Verifications } from "./verifications.ts";

/** What can be fetched of a seal, by name, besides its stamps. */
export const sealParts = [
  "seal.txt",
  "seal.sig",
  "key.pem",
  "contents.txt",
  ...listNames,
  "register.txt",
  ...pageNames,
] as const;
export type SealPart = (typeof sealParts)[number] | StampPart | JournalPart;
/** A file of the journal that says more of when a seal was there: `journal/journal.txt`. */
type JournalPart = `journal/${string}`;

/** What can be asked about seals, as far as their imports are within a scope. */
export interface Seals extends Verifications {
  /** Returns an import's seal. Throws NOT_FOUND, and STATE_CONFLICT if it has none yet. */
  get(importId: string): Promise<SealView>;
  /**
   * Returns one of its parts, as a text or bytes, or as lines that are read as they are taken. Throws
   * what `get` throws, and NOT_FOUND for a signature or stamp that it doesn't have; while the lines are
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
  register(query: {
    limit: number;
    after?: string | undefined;
    unstamped?: boolean | undefined;
    undeposited?: boolean | undefined;
  }): Promise<Page<RegisterEntry>>;
  /** Returns an entry of the register. Throws NOT_FOUND, also for one of an import outside the scope. */
  entry(number: number): Promise<RegisterText>;
  /** Returns the keys that have signed entries of the register, the first one first. */
  keys(): Promise<SealKeyView[]>;
  /**
   * Says that a key isn't to be trusted any more, and returns all keys. Throws NOT_FOUND, and
   * STATE_CONFLICT for one that isn't trusted already.
   */
  distrustKey(key: string, request: DistrustRequest, who?: string): Promise<SealKeyView[]>;
  /**
   * Has an authority asked for a stamp of an entry at once: again, or for the first time if it was
   * configured later. Throws NOT_FOUND, also for an authority that isn't configured, and STATE_CONFLICT
   * for a stamp that is there.
   */
  retryStamp(
    of: { entry: number; authority: string },
    request?: RetryEntryRequest,
    who?: string,
  ): Promise<RegisterText>;
  /**
   * Has what is to be kept elsewhere of an entry tried at once: again, or for the first time if that was
   * configured later. Throws NOT_FOUND, and STATE_CONFLICT if nothing is left.
   */
  retryDeposits(entry: number, request?: RetryEntryRequest, who?: string): Promise<RegisterText>;
}

export interface SealsDependencies extends EnqueueDependencies {
  readonly ledger: Ledger;
  /** The authorities of time stamps that are configured, by their names. */
  readonly authorities: readonly string[];
  readonly stampRoots?: StampRoots | undefined;
  readonly deposits?: DepositRules | undefined;
  /** Whether authorities stamp a journal an hour, and not each entry. @defaultValue false */
  readonly stampsHourly?: boolean | undefined;
  /** How many authorities have to have stamped a seal that is `stamped`. @defaultValue 1 */
  readonly wanted?: number | undefined;
  /** Whose bags they are, as they say. */
  readonly organization?: string | undefined;
  /** The certificates of keys that seal, and of their issuers. */
  readonly certificates?: readonly X509Certificate[] | undefined;
}

export function createSeals(dependencies: SealsDependencies): Scoped<Seals> {
  const { ledger: whole, authorities, wanted = 1, organization, certificates } = dependencies;
  const { stampsHourly = false } = dependencies;
  return {
    within(scope) {
      const ledger = ledgerWithin(whole, scope);
      return {
        ...createVerifications(ledger, dependencies),
        async get(importId) {
          const seal = await readSealOf(ledger, importId);
          const deposits = (await depositsOf(ledger, [seal.number])).get(seal.number) ?? [];
          const stamps = await stampsOfSeal(ledger, seal);
          const journal = await journalOf(ledger, seal.number);
          const ofJournal = journal === undefined ? [] : await journalNames(ledger, journal);
          return viewOf(
            seal,
            { ...stamps, deposits, ofJournal },
            { wanted, isHourly: stampsHourly && authorities.length > 0 },
          );
        },
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
          return await makeBag(ledger, { seal, request, by, organization, certificates });
        },
        register: (query) => listRegister(ledger, query),
        keys: () => listSealKeys(ledger),
        distrustKey: (key, { from, why }, who = UNNAMED_ACTOR) =>
          distrustSealKey(ledger, { key, from }, { who, why }),
        entry: (number) => readEntryOf(ledger, number),
        async retryStamp(of, { why } = {}, who = UNNAMED_ACTOR) {
          await retryStamp(ledger, { ...of, authorities }, { who, why });
          ringStamps(dependencies, [of.authority]);
          return await readEntryOf(ledger, of.entry);
        },
        async retryDeposits(entry, { why } = {}, who = UNNAMED_ACTOR) {
          const rules = dependencies.deposits ?? { thirdParties: [] };
          await retryDeposits(ledger, { entry, rules }, { who, why });
          await ringDeposits(dependencies);
          return await readEntryOf(ledger, entry);
        },
      };
    },
  };
}

function viewOf(
  { sealed, text, digest, signed }: SealRecord,
  {
    stamps,
    as,
    deposits,
    ofJournal,
  }: SealStamps & { deposits: DepositView[]; ofJournal: readonly string[] },
  wanted: Wanted,
): SealView {
  const seal = readSeal(text);
  const { number, register, outcome, root, leaves, files, bytes } = seal;
  const { stored, identical, waived, skipped } = seal;
  return {
    import_id: sealed.id,
    number,
    register,
    outcome,
    state: stateOf(stamps, { isSigned: signed !== null, ...wanted }),
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
    distrusted: signed?.distrusted ?? null,
    stamps,
    stamped_as: as,
    deposits,
    made_by: seal.madeBy,
    parts: [
      ...sealParts.filter((part) => signed !== null || !ofSignature.has(part)),
      ...(as === number ? stamps.flatMap(partsOfStamp) : []),
      ...ofJournal,
    ],
  };
}

/** What it takes for a seal to be `stamped`. */
interface Wanted {
  /** How many authorities have to have stamped it. */
  readonly wanted: number;
  /** Whether a journal will be stamped in its place. */
  readonly isHourly: boolean;
}

/** Returns how far a seal is beyond doubt. An authority that was configured later isn't waited for. */
function stateOf(
  stamps: readonly StampView[],
  { isSigned, wanted, isHourly }: Wanted & { isSigned: boolean },
): SealState {
  if (stamps.length === 0 && isHourly) return "pending";
  if (stamps.length === 0) return isSigned ? "signed" : "unsigned";
  const count = (state: StampView["state"]) =>
    stamps.filter((stamp) => stamp.state === state).length;
  if (count("granted") >= Math.min(wanted, stamps.length)) return "stamped";
  return count("pending") > 0 ? "pending" : "refused";
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
  if (isStampPart(part)) return await readStampPart(ledger, seal.number, part);
  if (isJournalPart(part)) return await journalPart(ledger, seal, part);
  if (part === "seal.txt") return seal.text;
  if (part === "contents.txt") return seal.contents;
  if (part === "register.txt") {
    const journal = await journalOf(ledger, seal.number);
    return registerLines(ledger, journal?.number ?? seal.number);
  }
  const found = part === "seal.sig" ? seal.signed?.signature : seal.signed?.publicPem;
  if (found !== undefined) return found;
  throw new ExhibitError("NOT_FOUND", `The seal of import ${seal.sealed.id} isn't signed.`);
}

const JOURNAL = "journal/";

function isJournalPart(part: string): part is JournalPart {
  return part.startsWith(JOURNAL);
}

async function journalPart(ledger: Ledger, { number, sealed }: SealRecord, part: JournalPart) {
  const journal = await journalOf(ledger, number);
  const stamp = part.slice(JOURNAL.length);
  if (journal && isStampPart(stamp)) return await readStampPart(ledger, journal.number, stamp);
  const found = journal && journalTexts(ledger, journal)[part];
  if (found !== undefined) return found;
  const name = JSON.stringify(part);
  throw new ExhibitError("NOT_FOUND", `The seal of import ${sealed.id} has no part ${name}.`);
}

function isPageName(part: SealPart): part is PageName {
  return pageNames.some((name) => name === part);
}
