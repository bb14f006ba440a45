import type { Finding, SealedEntry } from "@exhibit/ledger";

/** Objects of one part that no receipt knows, and that are named. */
const MAX_EXTRAS = 1_000;

/** What the receipts of one part came to. Files that can't be read are told once for each folder and reason. */
export class PartTally {
  readonly #findings: Finding[] = [];
  readonly #unreadable = new Map<string, Finding & { files: number }>();
  #extras = 0;
  readonly means = new Set<string>();
  checked = 0;
  same = 0;

  /** Counts a receipt that was compared. */
  count(finding: Finding | undefined): void {
    this.checked += 1;
    if (finding === undefined) this.same += 1;
    else this.#findings.push(finding);
  }

  /** Counts an object that no receipt knows. */
  extra(finding: Finding): void {
    this.#extras += 1;
    if (this.#extras <= MAX_EXTRAS) this.#findings.push(finding);
  }

  /** Counts a receipt that couldn't be compared. */
  unreadable({ place, receipt }: SealedEntry, code: string, found: string | undefined): void {
    this.checked += 1;
    const id = `${place.folder} ${code} ${found}`;
    const known = this.#unreadable.get(id);
    if (known) known.files += 1;
    else {
      const { path, key } = receipt;
      const first = { kind: "unreadable" as const, folder: place.folder, path, key, code, found };
      this.#unreadable.set(id, { ...first, files: 1 });
    }
  }

  get findings(): Finding[] {
    const more = this.#extras - MAX_EXTRAS;
    const rest: Finding[] = more > 0 ? [{ kind: "extra", what: "more of them", files: more }] : [];
    return [...this.#findings, ...rest, ...this.#unreadable.values()];
  }
}
