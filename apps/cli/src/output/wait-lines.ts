import type { ImportView, Wait, WaitsFor } from "@exhibit/contracts";

const names: Readonly<Record<WaitsFor, string>> = {
  worker: "a worker",
  queue: "the queue (Redis)",
  ledger: "the ledger (Postgres)",
  vendor: "the vendor",
  source: "the disk or share",
  store: "OSS",
};

/** Whether all of an import stands still for something that nobody has to be told to mend. */
export function isWaiting({ waiting, moving, paused }: ImportView): boolean {
  return waiting.length > 0 && !moving && paused === null;
}

/** `Waits for OSS (evidence at oss-cn-hangzhou.aliyuncs.com) since 02:58:10: … It goes on by itself.` */
export function waitLine({ for: waitsFor, name, since, message }: Wait): string {
  const which = name === null ? "" : ` (${name})`;
  const rest = waitsFor === "worker" ? "" : " It is tried again, and goes on by itself.";
  // What the system says of a connection has no full stop.
  const reason = /[.!?。]$/u.test(message) ? message : `${message}.`;
  return `Waits for ${names[waitsFor]}${which} since ${timeOf(since)}: ${reason}${rest}`;
}

/** By the clock of whoever reads it; with the day, unless that is today. */
function timeOf(since: string): string {
  const at = new Date(since);
  const time = at.toLocaleTimeString("sv-SE");
  const day = at.toLocaleDateString("sv-SE");
  return day === new Date().toLocaleDateString("sv-SE") ? time : `${day} ${time}`;
}

/** Tells, view by view, what an import began to wait for since the view before, and when it goes on. */
export function createWaitTeller(say: (line: string) => void): (view: ImportView) => void {
  let told = new Map<string, string>();
  return ({ waiting }) => {
    const current = new Map(waiting.map((each) => [`${each.for} ${each.name}`, waitLine(each)]));
    for (const [key, line] of current) if (!told.has(key)) say(line);
    if (told.size > 0 && current.size === 0) say("It goes on.");
    told = current;
  };
}
