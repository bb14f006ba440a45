import { type Ledger, readWorkLabels, type WorkLabel } from "@exhibit/ledger";
import type { QueueName } from "@exhibit/queue";

type Kind = "folder" | "shard" | "import";

const kinds: Readonly<Partial<Record<QueueName, Kind>>> = {
  plan: "folder",
  store: "shard",
  seal: "import",
};

/** The most suits that a label names; an import may have thousands. */
const MAX_SUITS = 3;

/** Returns what the jobs of a queue carry work of; undefined for other queues. */
export function kindOfWork(queue: string | null): Kind | undefined {
  return kinds[queue as QueueName];
}

/** Returns the import whose work a job carries; undefined for all jobs of a queue, and unknown ones. */
export async function importOfJob(
  ledger: Ledger,
  { queue, job }: { queue: string | null; job: string | null },
): Promise<string | undefined> {
  const kind = kindOfWork(queue);
  if (kind === undefined || job === null || !job.startsWith(`${queue}-`)) return undefined;
  const [work] = await readWorkLabels(ledger, kind, [job.slice(`${queue}-`.length)]);
  return work?.importId;
}

/** Returns what work is for, as people know it: `E-77, kongur suit_id=1001, import 0f8fad5b-…` */
export function labelOf(work: Omit<WorkLabel, "id">): string {
  const { importId, entrust_id, suit_ids, vendor, selector } = work;
  const folder = Object.entries(selector ?? {}).map(([key, value]) => `${key}=${value}`);
  const more = suit_ids.length > MAX_SUITS ? ["…"] : [];
  const suits = [...suit_ids.slice(0, MAX_SUITS), ...more].join(" ");
  const parts = [
    entrust_id ?? "",
    // A folder that belongs to a suit names it itself.
    vendor === null || entrust_id === null ? suits : "",
    vendor === null ? "" : [vendor, ...folder].join(" "),
    `import ${importId}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
