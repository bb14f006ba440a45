import { randomBytes } from "node:crypto";
import type { ChangeName } from "@exhibit/contracts";

/** Something that watchers hear of, as it was seen last. */
export interface Thing {
  /** What it is, and which: `import 0f8f…`. */
  readonly key: string;
  readonly name: ChangeName;
  /** Its JSON, made once for all watchers. */
  readonly json: string;
  /** The same as long as there is nothing new to say of it. */
  readonly fingerprint: string;
  /** Whether it isn't looked at any more before it changes: an import that rests, a worker that is gone. */
  readonly isOver: boolean;
  readonly audience: Audience;
}

/** Who may hear of something: those who have an import in their scope, or those with a scope itself. */
export type Audience = { readonly importId: string } | { readonly scope: string };

/** How many changes are kept for those who come back: the latest of each thing. */
const MAX_KEPT = 5_000;

/** How many changes are told at once; whoever missed more is quicker to read the lists anew. */
const MAX_TOLD = 2_000;

interface Entry {
  readonly thing: Thing;
  readonly number: number;
  /** The event, as all are sent it. */
  readonly text: Buffer;
}

/** What a watcher is to be sent: text, undefined for nothing, or that too much has happened. */
export type News = Buffer | undefined | "too much";

/** The latest change of each thing, in their order. Each has a number, by which its event is named. */
export interface ChangeLog {
  /** The number of the last change. */
  readonly last: number;
  /** Adds those of the things that have changed since they were seen last. */
  add(seen: readonly Thing[]): void;
  /** Returns what somebody hears who knows everything up to a number; `mayHear` is theirs. */
  since(number: number, mayHear: (audience: Audience) => boolean): News;
  /** Yields the imports that its changes are about. */
  importIds(): Iterable<string>;
  /** Returns the id of the event of a number. */
  idOf(number: number): string;
  /** Returns the number that an id stands for; undefined if what came after it isn't known any more. */
  numberOf(id: string): number | undefined;
}

export function createChangeLog(): ChangeLog {
  // No other log has this name, in this process or another.
  const epoch = randomBytes(6).toString("base64url");
  const fingerprints = new Map<string, string>();
  const latest = new Map<string, Entry>();
  /** Some of its entries are no longer the latest of their things. */
  let entries: Entry[] = [];
  let last = 0;
  /** Whoever knows less than this may have missed something that isn't here any more. */
  let forgotten = 0;

  const idOf = (number: number) => `${epoch}.${number}`;

  function put(thing: Thing): void {
    if (fingerprints.get(thing.key) === thing.fingerprint) return;
    fingerprints.set(thing.key, thing.fingerprint);
    last += 1;
    const event = `event: ${thing.name}\ndata: ${thing.json}\nid: ${idOf(last)}\n\n`;
    const entry = { thing, number: last, text: Buffer.from(event) };
    latest.set(thing.key, entry);
    entries.push(entry);
  }

  const isLatest = (entry: Entry) => latest.get(entry.thing.key) === entry;

  function forgetOld(): void {
    const current = entries.filter(isLatest);
    for (const { thing, number } of current.splice(0, Math.max(0, current.length - MAX_KEPT))) {
      latest.delete(thing.key);
      // What goes on is compared with what it was, though nobody can be told of that any more.
      if (thing.isOver) fingerprints.delete(thing.key);
      forgotten = number;
    }
    entries = current;
  }

  return {
    get last() {
      return last;
    },
    add(seen) {
      for (const thing of seen) put(thing);
      if (latest.size > MAX_KEPT || entries.length > 2 * MAX_KEPT) forgetOld();
    },
    since(number, mayHear) {
      if (number < forgotten) return "too much";
      const news: Buffer[] = [];
      for (let at = entries.length - 1; at >= 0; at -= 1) {
        const entry = entries[at];
        if (entry === undefined || entry.number <= number) break;
        if (!isLatest(entry) || !mayHear(entry.thing.audience)) continue;
        news.push(entry.text);
        if (news.length > MAX_TOLD) return "too much";
      }
      return news.length === 0 ? undefined : Buffer.concat(news.reverse());
    },
    *importIds() {
      for (const { thing } of latest.values()) yield* importIdsOf([thing]);
    },
    idOf,
    numberOf(id) {
      const [, of, digits] = /^([\w-]+)\.(\d{1,15})$/.exec(id) ?? [];
      const number = Number(digits);
      return of === epoch && number <= last && number >= forgotten ? number : undefined;
    },
  };
}

/** Yields the imports that things are about. */
export function* importIdsOf(things: Iterable<Thing>): Iterable<string> {
  for (const { audience } of things) if ("importId" in audience) yield audience.importId;
}
