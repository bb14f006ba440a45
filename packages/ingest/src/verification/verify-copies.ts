import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import {
  endVerification,
  type FolderRow,
  type Ledger,
  listFolders,
  readFolder,
  readPart,
  readSealOf,
  recordVerifiedPart,
  type SealedEntry,
  type Sealer,
  type VerificationWork,
} from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";
import { outages } from "../jobs/postpone.ts";
import { pickSample } from "./sample.ts";
import { PartTally } from "./tally.ts";

/** The receipts of one folder within a part. */
export interface FolderPart {
  readonly folder: FolderRow;
  /** Its position, from 1. */
  readonly position: number;
  /** All of them, in the order of the seal. */
  readonly entries: readonly SealedEntry[];
  /** Those that are compared. */
  readonly chosen: ReadonlySet<SealedEntry>;
  /** The path of the folder's last receipt before the part; undefined if there is none. */
  readonly after: string | undefined;
  /** Whether the folder has receipts behind them. */
  readonly hasMore: boolean;
}

/** Compares the chosen receipts of a folder with what is elsewhere. */
export type CompareFolder = (
  part: FolderPart,
  tally: PartTally,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Compares receipts with what is elsewhere, part by part from the first that isn't done, and puts the
 * end into the register. Returns false if it isn't wanted any more.
 */
export async function verifyCopies(
  ledger: Ledger,
  work: VerificationWork,
  { sealer, signal, compare }: { sealer: Sealer; signal: AbortSignal; compare: CompareFolder },
): Promise<boolean> {
  const seal = await readSealOf(ledger, work.importId);
  const folders = await foldersOf(ledger, work.importId);
  const isChosen = chooser(work);
  let place = work.place;
  for (let part = work.partsDone; part < work.parts; part += 1) {
    const { entries, next } = await readPart(ledger, seal, place);
    const tally = new PartTally();
    const first = part * PART;
    const chosen = new Set(entries.filter((entry, at) => isChosen(entry, first + at)));
    for (const [position, own] of byFolder(entries)) {
      const folder = folders[position - 1];
      if (folder === undefined) continue;
      const after = place?.folder === position ? place.path : undefined;
      const hasMore = next === position;
      await compare({ folder, position, entries: own, chosen, after, hasMore }, tally, signal);
    }
    place = entries.at(-1)?.place ?? place;
    const { checked, same, findings, means } = tally;
    const done = { part, place, means: [...means], checked, same, findings };
    if (!(await recordVerifiedPart(ledger, work.number, done))) return false;
  }
  return await endVerification(ledger, work.number, { sealer });
}

/** As `ledger` cuts them. */
const PART = 4_096;

async function foldersOf(ledger: Ledger, importId: string): Promise<FolderRow[]> {
  const folders: FolderRow[] = [];
  for (let after: string | undefined; ; ) {
    const { items, next } = await listFolders(ledger, importId, { limit: 1000, after });
    for (const { folder_id } of items) folders.push(await readFolder(ledger, Number(folder_id)));
    if (next === null) return folders;
    after = next;
  }
}

/** What has bytes somewhere. */
const withBytes: ReadonlySet<string> = new Set(["stored", "identical"]);

function chooser({
  folder,
  states,
  sample,
  leaves,
}: VerificationWork): (entry: SealedEntry, index: number) => boolean {
  const isPicked = sample === null ? () => true : pickSample({ ...sample, of: leaves });
  return ({ place, receipt }, index) =>
    withBytes.has(receipt.state) &&
    (folder === null || place.folder === folder) &&
    (states === null || states.includes(receipt.state)) &&
    isPicked(index);
}

function byFolder(entries: readonly SealedEntry[]): Map<number, SealedEntry[]> {
  return Map.groupBy(entries, ({ place }) => place.folder);
}

/** How often an outage postpones a verification before it counts as something that can't be read. */
const PATIENCE = 8;

/**
 * Returns why one receipt can't be compared. Throws what concerns everything, and an outage that may
 * pass.
 */
export function unreadableOf(
  thrown: unknown,
  signal: AbortSignal,
  attempt: Pick<Attempt, "postponed">,
): ExhibitError {
  const error = toExhibitError(thrown);
  const mayPass = outages.has(error.code) && attempt.postponed < PATIENCE;
  const isOurs = error.code === "INTERRUPTED" || error.code === "INTERNAL";
  if (signal.aborted || mayPass || isOurs) throw error;
  return error;
}
