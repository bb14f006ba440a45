import { ExhibitError } from "@exhibit/contracts";

const MiB = 1024 * 1024;
/** "1-10,000 parts, each 100 KB - 5 GB; the last may be smaller" (PROTOCOLS.md 5.1). */
const MAX_PARTS = 10_000;
const MIN_PART_SIZE = 100 * 1024;
/** A part is read into one piece of memory. OSS would take larger parts, but no call reads more. */
const MAX_PART_SIZE = 2 ** 31 - 1;
/** Bytes, some 21 TB. */
const MAX_SIZE = MAX_PARTS * MAX_PART_SIZE;
/** Files of more than 60 GB need larger parts, of which fewer are held at a time. */
const BUFFER_BUDGET = 256 * MiB;

/** How a file is cut into parts. */
export interface PartPlan {
  /** Bytes of each part but the last. */
  partSize: number;
  /** How many parts are held and sent at a time. */
  parallel: number;
}

/** Returns SOURCE_TOO_LARGE for a file of so many bytes; undefined if it can be sent. */
export function tooLarge(size: number): ExhibitError | undefined {
  if (size <= MAX_SIZE) return undefined;
  return new ExhibitError(
    "SOURCE_TOO_LARGE",
    `The file has ${size} bytes; at most ${MAX_SIZE} can be sent as one object.`,
    { details: { size, largest: MAX_SIZE } },
  );
}

/** Returns what comes nearest to the plan that is wanted. Throws SOURCE_TOO_LARGE. */
export function planParts(size: number, wanted: PartPlan): PartPlan {
  const refusal = tooLarge(size);
  if (refusal) throw refusal;
  const partSize = Math.max(wanted.partSize, MIN_PART_SIZE, Math.ceil(size / MAX_PARTS));
  const held = Math.max(1, Math.floor(BUFFER_BUDGET / partSize));
  return { partSize, parallel: Math.min(wanted.parallel, held) };
}
