import { type IdenticalBy, identicalBy as identicalProofs, visible } from "@exhibit/contracts";
import { digestOf } from "../digest/digest.ts";
import type { ReceiptLine } from "../lines/receipt-line.ts";
import { readSeal, type Seal } from "../register/seal-text.ts";
import type { Block, Column, Language, ReportText, Section } from "./blocks.ts";
import { type Words, wordsOf } from "./words.ts";

/** How many lines of one list a report shows; all of them are in the lists. */
export const MAX_REPORTED = 1_000;

/** What a report is made of. */
export interface ReportParts {
  /** The seal's text. */
  readonly seal: string;
  readonly isSigned: boolean;
  /** The line of `import.json`. */
  readonly importJson: string;
  /** The first lines of each list, and how many it has. */
  readonly acts: Listed<string>;
  readonly incidents: Listed<string>;
  /** What was waived, skipped or, in a cancelled import, neither stored nor given up. */
  readonly unstored: Listed<ReceiptLine>;
  /** How many files were there already, by what proves them. */
  readonly identicalBy: Readonly<Partial<Record<IdenticalBy, number>>>;
  readonly stamps: readonly ReportedStamp[];
  /** The journal that they are of, where it is stamped in the seal's place. */
  readonly stampedAs?: number | undefined;
  readonly verifications: readonly ReportedVerification[];
  readonly organization: string | undefined;
  /** When it is made. */
  readonly at: Date;
}

export interface Listed<Item> {
  readonly first: readonly Item[];
  readonly count: number;
}

interface ReportedStamp {
  readonly authority: string;
  readonly state: keyof Words["stampStates"];
  readonly at: Date | undefined;
}

interface ReportedVerification {
  /** Its entry in the register. */
  readonly number: number | undefined;
  readonly at: Date;
  readonly against: keyof Words["verifiedAgainst"];
  /** How many were compared, and how many of them differ in any way. */
  readonly checked: number;
  readonly wrong: number;
  readonly outcome: keyof Words["verified"];
}

interface ImportFacts {
  created_at: string;
  entrust_id?: string;
  suit_ids: string[];
  folders: {
    folder: number;
    vendor: string;
    selector: Record<string, string>;
    source: { path: string };
    endpoint?: string;
    bucket?: string;
    prefix?: string;
    retention?: string;
  }[];
  workers: { worker: number; host?: string; os_user?: string; version?: string; node?: string }[];
}

interface ActLine {
  at: string;
  who: string;
  what: string;
  why?: string;
  files?: number;
  path?: string;
}

interface IncidentLine {
  at: string;
  code: string;
  message: string;
  folder: number;
  path?: string;
}

/** Returns a report in a language. */
export function reportText(parts: ReportParts, language: Language): ReportText {
  const words = wordsOf[language];
  const seal = readSeal(parts.seal);
  const facts = JSON.parse(parts.importJson) as ImportFacts;
  const time = (moment: string | Date) => timeText(new Date(moment), language);
  const context: Context = { words, seal, facts, parts, time };
  const name =
    facts.entrust_id === undefined ? seal.importId : `${facts.entrust_id} · ${seal.importId}`;
  return {
    language,
    title: words.title,
    subtitle: name,
    foot: `${words.title} · ${name}`,
    sections: [
      summary(context),
      places(context),
      theSeal(context),
      stamps(context),
      unstored(context),
      incidents(context),
      acts(context),
      workers(context),
      verifications(context),
      howToCheck(context),
    ],
  };
}

interface Context {
  words: Words;
  seal: Seal;
  facts: ImportFacts;
  parts: ReportParts;
  time(moment: string | Date): string;
}

function summary({ words, seal, facts, parts, time }: Context): Section {
  const [creation] = parts.acts.first.map((line) => JSON.parse(line) as ActLine);
  return {
    heading: words.summary,
    blocks: [
      factsOf([
        [words.organization, parts.organization],
        [words.import, seal.importId],
        [words.mandate, facts.entrust_id],
        [words.suits, facts.suit_ids.join(", ")],
        [words.requestedBy, creation?.what === "create" ? creation.who : undefined],
        [words.requestedAt, time(facts.created_at)],
        [words.sealedAt, time(seal.sealedAt)],
        [words.outcome, words[seal.outcome]],
        [words.files, numberText(seal.files)],
        [words.bytes, numberText(seal.bytes)],
        [words.stored, numberText(seal.stored)],
        [words.identical, identicalText(words, seal, parts)],
        [words.waived, numberText(seal.waived)],
        [words.skipped, numberText(seal.skipped)],
        [words.madeAt, time(parts.at)],
      ]),
      { kind: "text", text: words.notPart },
    ],
  };
}

/** Returns how many were there already, and what proves how many of them. */
function identicalText(
  words: Words,
  { identical }: Seal,
  { identicalBy: by }: ReportParts,
): string {
  const proofs = identicalProofs.flatMap((proof) => {
    const count = by[proof] ?? 0;
    return count === 0 ? [] : [`${words.identicalBy[proof]}: ${numberText(count)}`];
  });
  const count = numberText(identical);
  return proofs.length === 0 ? count : `${count} (${proofs.join("; ")})`;
}

function places({ words, facts }: Context): Section {
  const rows = facts.folders.map(({ folder, vendor, selector, source, ...place }) => [
    String(folder),
    [vendor, ...Object.entries(selector).map(([name, value]) => `${name}=${value}`)].join(" "),
    source.path,
    placeText(words, place),
  ]);
  const columns = columnsOf(
    [words.folder, 9],
    [words.vendor, 21],
    [words.from, 30],
    [words.to, 40],
  );
  return { heading: words.places, blocks: [{ kind: "table", columns, rows: rows.map(shownRow) }] };
}

/** Returns where a folder went, and what the bucket there keeps, where that is known. */
function placeText(
  words: Words,
  { endpoint = "", bucket, prefix = "", retention }: Partial<ImportFacts["folders"][number]>,
): string {
  if (bucket === undefined) return "";
  const place = `${endpoint} ${bucket}/${prefix}`.trim();
  return retention === undefined ? place : `${place} (${words.bucketKeeps(retention)})`;
}

function theSeal({ words, seal, parts }: Context): Section {
  return {
    heading: words.theSeal,
    blocks: [
      { kind: "text", text: words.sealText },
      factsOf([
        [words.register, seal.register],
        [words.number, numberText(seal.number)],
        [words.digest, digestOf(parts.seal)],
        [words.root, seal.root],
        [words.rootSm3, seal.rootSm3],
        [words.receipts, numberText(seal.leaves)],
        [words.key, parts.isSigned ? grouped(seal.key) : words.unsigned],
        [words.madeBy, seal.madeBy],
      ]),
      { kind: "text", text: words.keyText },
    ],
  };
}

function stamps({ words, parts, time }: Context): Section {
  const rows = parts.stamps.map(({ authority, state, at }) => [
    authority,
    words.stampStates[state],
    at ? time(at) : "",
  ]);
  const columns = columnsOf([words.authority, 40], [words.state, 25], [words.at, 35]);
  const { stampedAs } = parts;
  const more = stampedAs === undefined ? undefined : words.ofJournal(stampedAs);
  return section(words.stamps, { columns, rows, none: words.noStamps, more });
}

function unstored({ words, parts, time }: Context): Section {
  const rows = parts.unstored.first.map((receipt) => [
    `${receipt.folder}/${receipt.path}`,
    numberText(receipt.size),
    receipt.state === "skipped"
      ? `${words.skippedAs}: ${receipt.skipped_as ?? ""}`
      : [receipt.error, receipt.waived_why].filter(Boolean).join(": "),
    receipt.waived_by ?? "",
    receipt.waived_at === undefined ? "" : time(receipt.waived_at),
  ]);
  const columns = columnsOf(
    [words.path, 32],
    [words.size, 13],
    [words.why, 25],
    [words.by, 13],
    [words.at, 17],
  );
  const more = moreText(words, parts.unstored);
  return section(words.unstored, { columns, rows, none: words.allStored, more });
}

function incidents({ words, parts, time }: Context): Section {
  const rows = parts.incidents.first.map((line) => {
    const { at, code, message, folder, path } = JSON.parse(line) as IncidentLine;
    return [
      time(at),
      path === undefined ? String(folder) : `${folder}/${path}`,
      `${code}: ${message}`,
    ];
  });
  const columns = columnsOf([words.at, 20], [words.path, 35], [words.what, 45]);
  const found = section(words.incidents, {
    ...{ columns, rows, none: words.noIncidents, more: moreText(words, parts.incidents) },
  });
  return { ...found, blocks: [{ kind: "text", text: words.incidentsText }, ...found.blocks] };
}

function acts({ words, parts, time }: Context): Section {
  const rows = parts.acts.first.map((line) => {
    const { at, who, what, why, files, path } = JSON.parse(line) as ActLine;
    const of = [what, path, files === undefined ? undefined : `${words.files}: ${files}`];
    return [time(at), who, of.filter((each) => each !== undefined).join(" · "), why ?? ""];
  });
  const columns = columnsOf([words.at, 20], [words.who, 22], [words.what, 26], [words.why, 32]);
  return section(words.acts, { columns, rows, none: "", more: moreText(words, parts.acts) });
}

function workers({ words, facts }: Context): Section {
  const rows = facts.workers.map(({ worker, host = "", os_user = "", version = "", node }) => [
    String(worker),
    host,
    os_user,
    node === undefined ? version : `${version}, Node ${node}`,
  ]);
  const columns = columnsOf(["#", 8], [words.host, 34], [words.user, 22], [words.version, 36]);
  return section(words.workers, { columns, rows, none: "" });
}

function verifications({ words, parts, time }: Context): Section {
  const rows = parts.verifications.map(({ number, at, against, checked, wrong, outcome }) => [
    number === undefined ? "" : String(number),
    time(at),
    `${words.verifiedAgainst[against]}: ${numberText(checked)}`,
    wrong === 0 ? words.verified[outcome] : `${words.verified[outcome]}: ${numberText(wrong)}`,
  ]);
  const columns = columnsOf(
    [words.number, 18],
    [words.at, 24],
    [words.what, 29],
    [words.outcome, 29],
  );
  return section(words.verifications, { columns, rows, none: words.noVerifications });
}

function howToCheck({ words, seal }: Context): Section {
  const signature =
    seal.key === "none"
      ? []
      : [
          "openssl dgst -sha256 -verify seal/key.pem -signature seal/seal.sig seal/seal.txt",
          "openssl pkey -pubin -in seal/key.pem -outform DER | openssl dgst -sha256 -r",
        ];
  const lines = [
    ...signature,
    `printf '%s  seal/contents.txt\\n' "$(sed -n 's/^Contents: //p' seal/seal.txt)" | sha256sum -c`,
    "(cd seal && sha256sum -c contents.txt)",
    "sha256sum --quiet -c manifest-sha256.txt",
  ];
  return {
    heading: words.check,
    blocks: [
      { kind: "text", text: words.checkText },
      { kind: "commands", lines },
    ],
  };
}

function section(
  heading: string,
  table: {
    columns: readonly Column[];
    rows: readonly (readonly string[])[];
    /** What is said of no rows. */
    none: string;
    more?: string | undefined;
  },
): Section {
  const { columns, rows, none, more } = table;
  if (rows.length === 0) return { heading, blocks: [{ kind: "text", text: none }] };
  return {
    heading,
    blocks: [
      { kind: "table", columns, rows: rows.map(shownRow) },
      ...(more === undefined ? [] : [{ kind: "text", text: more } as const]),
    ],
  };
}

function factsOf(rows: readonly (readonly [string, string | undefined])[]): Block {
  const known = rows.flatMap(([name, value]) => (value ? [[name, visible(value)] as const] : []));
  return { kind: "facts", rows: known };
}

function columnsOf(...columns: readonly (readonly [name: string, width: number])[]) {
  return columns.map(([name, width]) => ({ name, width }));
}

/** Names, reasons and messages are others' texts. */
function shownRow(row: readonly string[]): string[] {
  return row.map((cell) => visible(cell));
}

function moreText(words: Words, { first, count }: Listed<unknown>): string | undefined {
  return count > first.length ? words.more(numberText(first.length), numberText(count)) : undefined;
}

/** Returns a time in UTC; in Chinese, by the clocks of China. */
function timeText(moment: Date, language: Language): string {
  const offset = language === "zh" ? 8 * 3_600_000 : 0;
  const text = new Date(moment.getTime() + offset).toISOString().slice(0, 19).replace("T", " ");
  return `${text} ${wordsOf[language].zone}`;
}

function numberText(value: number): string {
  return value.toLocaleString("en-US");
}

/** Returns a fingerprint as people read it aloud. */
function grouped(digest: string): string {
  return digest.replace(/(.{8})(?=.)/g, "$1 ");
}
