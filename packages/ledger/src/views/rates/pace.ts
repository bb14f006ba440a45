import {
  type Counters,
  countsOf,
  type ImportStatus,
  type ImportView,
  perSecond,
  restingStatuses,
} from "@exhibit/contracts";
import type { Speed } from "./speeds.ts";

type Pace = Pick<
  ImportView,
  "idle_seconds" | "files_per_second" | "bytes_per_second" | "left_seconds"
>;

/** What the pace of an import depends on, beside its row. */
interface Movement {
  /** Whether a worker says that it moves now. */
  moving: boolean;
  speed: Speed | undefined;
  /** Bytes of files in transit. */
  sending: number;
  /** When somebody acted on it last. */
  actedAt: Date | null | undefined;
}

const unknown = { files_per_second: null, bytes_per_second: null, left_seconds: null };

/** Returns how fast an import moves, since when it doesn't, and how long it will go on. */
export function paceOf(
  row: Counters & { status: ImportStatus; paused_at: Date | null; updated_at: Date },
  { moving, speed, sending, actedAt }: Movement,
): Pace {
  if (restingStatuses.has(row.status)) return { idle_seconds: null, ...unknown };
  const movedAt = speed?.movedAt ?? row.updated_at;
  // What somebody has just resumed or retried hasn't been standing still.
  const idleSince = Math.max(movedAt.getTime(), actedAt?.getTime() ?? 0);
  const idle = moving ? 0 : Math.max(0, Date.now() - idleSince) / 1000;
  const { files = null, bytes = null } = speed ?? {};
  if (files === null || bytes === null) return { idle_seconds: idle, ...unknown };
  const left =
    row.status === "storing" && row.paused_at === null
      ? secondsLeft(row, { files, bytes, sending })
      : null;
  return { idle_seconds: idle, ...perSecond(files, bytes), left_seconds: left };
}

/**
 * Small files are limited by files per second, large ones by bytes per second; the longer of the two
 * times is right. Null when nothing moves, or nothing is left to be stored.
 */
function secondsLeft(
  row: Counters,
  { files, bytes, sending }: { files: number; bytes: number; sending: number },
): number | null {
  const { planned, failed, waived } = countsOf(row);
  if (planned === 0) return null;
  const notProved = Math.max(0, row.bytes - row.stored_bytes - row.identical_bytes);
  // How many bytes failed isn't counted: such files are taken to be as large as the others.
  const bytesLeft = Math.max(0, (notProved * planned) / (planned + failed + waived) - sending);
  const times = [
    ...(files > 0 ? [planned / files] : []),
    ...(bytes > 0 ? [bytesLeft / bytes] : []),
  ];
  return times.length === 0 ? null : Math.round(Math.max(...times));
}
