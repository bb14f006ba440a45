import {
  type Language,
  type Listed,
  languages,
  MAX_REPORTED,
  type ReportParts,
  readSeal,
  reportHtml,
  reportPdf,
  reportText,
} from "@exhibit/custody";
import {
  countIdentical,
  type Ledger,
  listVerifications,
  type SealRecord,
  sealedList,
  unstoredEntries,
} from "@exhibit/ledger";
import { stampsOfSeal } from "./stamp-parts.ts";

/** The reports of a seal, by name: for people to read, in two languages and two forms. */
export const reportNames = [
  "report-en.html",
  "report-zh.html",
  "report-en.pdf",
  "report-zh.pdf",
] as const;
export type ReportName = (typeof reportNames)[number];

export function isReportName(name: string): name is ReportName {
  return reportNames.some((known) => known === name);
}

interface ReportsOf {
  readonly seal: SealRecord;
  readonly organization: string | undefined;
}

/** Returns a report of a seal. Throws SEAL_BROKEN if the ledger isn't what was sealed. */
export async function reportOf(
  ledger: Ledger,
  name: ReportName,
  of: ReportsOf,
): Promise<string | Uint8Array> {
  return await written(name, await partsOf(ledger, of));
}

/** Returns all reports of a seal, by name. */
export async function reportsOf(
  ledger: Ledger,
  of: ReportsOf,
): Promise<Record<string, string | Uint8Array>> {
  const parts = await partsOf(ledger, of);
  const reports: Record<string, string | Uint8Array> = {};
  // One after the other: a PDF takes a second of the processor.
  for (const name of reportNames) reports[name] = await written(name, parts);
  return reports;
}

async function written(name: ReportName, parts: ReportParts): Promise<string | Uint8Array> {
  const language: Language = languages.find((each) => name.startsWith(`report-${each}.`)) ?? "en";
  const text = reportText(parts, language);
  return name.endsWith(".pdf") ? await reportPdf(text) : reportHtml(text);
}

async function partsOf(ledger: Ledger, { seal, organization }: ReportsOf): Promise<ReportParts> {
  const { leaves, stored, identical } = readSeal(seal.text);
  const { stamps, as } = await stampsOfSeal(ledger, seal);
  const unstored = await unstoredEntries(ledger, seal.sealed, MAX_REPORTED);
  const [importJson = ""] = (await firstOf(sealedList(ledger, seal, "import.json"))).first;
  return {
    ...{ seal: seal.text, isSigned: seal.signed !== null, importJson, organization },
    acts: await firstOf(sealedList(ledger, seal, "acts.ndjson")),
    incidents: await firstOf(sealedList(ledger, seal, "incidents.ndjson")),
    unstored: {
      first: unstored.map(({ receipt }) => receipt),
      count: leaves - stored - identical,
    },
    stamps: stamps.map(({ authority, state, at }) => ({
      ...{ authority, state },
      at: at === null ? undefined : new Date(at),
    })),
    stampedAs: as === seal.number ? undefined : as,
    verifications: await verificationsOf(ledger, seal.sealed.id),
    identicalBy: identical > 0 ? await countIdentical(ledger, seal.sealed.id) : {},
    at: new Date(),
  };
}

/** Returns the verifications of an import that have ended, the last one first. */
async function verificationsOf(
  ledger: Ledger,
  importId: string,
): Promise<ReportParts["verifications"]> {
  const { items } = await listVerifications(ledger, importId, { limit: MAX_VERIFICATIONS });
  return items.flatMap(({ outcome, ended_at, ...view }) => {
    if (outcome === null || ended_at === null) return [];
    const { entry, against, checked, differs, missing, younger, extra } = view;
    const wrong = differs + missing + younger + extra;
    return [
      { number: entry ?? undefined, at: new Date(ended_at), against, checked, wrong, outcome },
    ];
  });
}

/** How many verifications a report shows. */
const MAX_VERIFICATIONS = 100;

/** Reads a list to its end, so that it is compared with the seal, and keeps its beginning. */
async function firstOf(lines: AsyncIterable<string>): Promise<Listed<string>> {
  const first: string[] = [];
  let count = 0;
  for await (const line of lines) {
    count += 1;
    if (first.length < MAX_REPORTED) first.push(line);
  }
  return { first, count };
}
