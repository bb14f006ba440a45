import type { ImportView, Wait, WaitsFor } from "@exhibit/contracts";

const names: Readonly<Record<WaitsFor, string>> = {
  start: "its start",
  worker: "a worker",
  queue: "the queue (Redis)",
  ledger: "the ledger (Postgres)",
  vendor: "the vendor",
  source: "the disk or share",
  store: "OSS",
};

/**
 * Whether nothing of an import moves, because all of it waits for something that is retried
 * automatically.
 */
export function isWaiting({ waiting, moving, paused }: ImportView): boolean {
  return waiting.length > 0 && !moving && paused === null;
}

/** Whether an import waits for the time at which it is to start. */
export function isScheduled({ waiting }: ImportView): boolean {
  return waiting[0]?.for === "start";
}

/**
 * Returns `Waits for OSS (evidence at oss-cn-hangzhou.aliyuncs.com) since 02:58:10: … Retrying
 * automatically.`
 */
export function waitLine({ for: waitsFor, name, since, message, until }: Wait): string {
  if (waitsFor === "start") return message;
  const which = name === null ? "" : ` (${name})`;
  const at = until === undefined ? "" : ` at ${timeOf(until)}`;
  const rest = waitsFor === "worker" ? "" : ` Retrying automatically${at}.`;
  // The system's own messages have no full stop.
  const reason = /[.!?。]$/u.test(message) ? message : `${message}.`;
  return `Waits for ${names[waitsFor]}${which} since ${timeOf(since)}: ${reason}${rest}`;
}

/** Returns a time in the reader's time zone, with the date unless it is today. */
function timeOf(since: string): string {
  const at = new Date(since);
  const time = at.toLocaleTimeString("sv-SE");
  const day = at.toLocaleDateString("sv-SE");
  return day === new Date().toLocaleDateString("sv-SE") ? time : `${day} ${time}`;
}

/**
 * Returns a function that reports, view by view, what an import has begun to wait for since the
 * last view, and when it continues.
 */
export function createWaitReporter(say: (line: string) => void): (view: ImportView) => void {
  let told = new Map<string, string>();
  return ({ waiting }) => {
    const current = new Map(waiting.map((each) => [`${each.for} ${each.name}`, waitLine(each)]));
    for (const [key, line] of current) if (!told.has(key)) say(line);
    if (told.size > 0 && current.size === 0) say("The import continues.");
    told = current;
  };
}
