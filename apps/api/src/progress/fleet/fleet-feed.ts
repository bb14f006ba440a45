import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { isUnscoped, RESET, type Scope } from "@exhibit/contracts";
import {
  type Audience,
  createChangeLog,
  importIdsOf,
  type News,
  type Thing,
} from "./change-log.ts";
import { createFleetReader, type ReaderSources } from "./fleet-reader.ts";
import { ALL, vendorThing } from "./things.ts";

/** Tells watchers of everything that their scope lets them see. */
export interface FleetFeed {
  /**
   * Opens a stream of server-sent events of what changes. It begins with `reset`, unless `lastId` is the id
   * of an event after which nothing was missed. It ends after about a minute: whoever wants to hear more
   * comes back with their last id, and is asked again who they are, so that a key that was revoked or
   * a scope that was narrowed counts from then on.
   */
  open(scope: Scope, lastId: string | undefined): Readable;
  /** Ends all streams. */
  close(): void;
}

export interface FleetFeedOptions extends ReaderSources {
  /** Called when something couldn't be read; it is read again. */
  readonly onFault: (error: unknown) => void;
  /** Milliseconds between two looks: nothing is told more often. @defaultValue 1000 */
  readonly interval?: number;
  /** Milliseconds without an event before a sign of life. @defaultValue 15000 */
  readonly heartbeat?: number;
  /** Milliseconds for which it goes on looking after the last watcher has left. @defaultValue 60000 */
  readonly linger?: number;
  /** About how many milliseconds a stream lasts. @defaultValue 60000 */
  readonly life?: number;
}

/** Milliseconds: a person sees no more than a change a second. */
const INTERVAL = 1_000;
/** Milliseconds. Whoever loses the connection is back long before. */
const LINGER = 60_000;
/** Milliseconds, half of them more or less, so that those who came together don't come back together. */
const LIFE = 60_000;

/** For how many scopes the vendors are read in one look, those first for which it was longest ago. */
const MAX_SCOPES_READ = 25;

/** Of how many imports a group keeps whether its scope has them: enough for the log and a day's imports. */
const MAX_ASKED = 20_000;

/** Watchers with the same scope: they are told the same. */
interface Group {
  readonly name: string;
  readonly scope: Scope;
  watchers: number;
  /** When the last of them has left. */
  leftAt: number;
  /** Imports of which it is known whether the scope has them, and those that it has. */
  readonly asked: Set<string>;
  readonly within: Set<string>;
  /** Whether that is known of everything in the log. */
  isReady: boolean;
  vendorsReadAt: number;
  /** What was made for this look, by the number of the last change that was known. */
  readonly news: Map<number, News>;
}

interface Watcher {
  pump(): void;
  /** Has it told that it may have missed something. */
  reset(): void;
  end(): void;
}

/** Creates a feed with one reader, however many watch; it reads nothing while nobody does. */
export function createFleetFeed(options: FleetFeedOptions): FleetFeed {
  const { fleet, vendors, onFault } = options;
  const { interval = INTERVAL, heartbeat = 15_000, linger = LINGER, life = LIFE } = options;
  const watchers = new Set<Watcher>();
  const groups = new Map<string, Group>();
  let log = createChangeLog();
  /** Whether the log has everything of at least one look. */
  let hasLooked = false;
  /** What was read and isn't in the log yet. */
  const read = new Map<string, Thing>();
  let running: AbortController | undefined;

  function start(): void {
    if (running !== undefined) return;
    running = new AbortController();
    void run(running.signal);
  }

  function stop(): void {
    running?.abort();
    running = undefined;
    groups.clear();
    forget();
  }

  /** Begins a log of which nobody knows anything. */
  function forget(): void {
    log = createChangeLog();
    hasLooked = false;
    read.clear();
    for (const group of groups.values()) group.news.clear();
    for (const watcher of watchers) watcher.reset();
  }

  async function run(signal: AbortSignal): Promise<void> {
    const reader = createFleetReader({ fleet, vendors });
    while (!signal.aborted) {
      const began = Date.now();
      try {
        const seen = await reader.look(began);
        if (seen === "too much") forget();
        else await note(seen, began);
      } catch (error) {
        onFault(error);
      }
      if (signal.aborted) return;
      for (const watcher of watchers) watcher.pump();
      leaveGroups(began);
      if (groups.size === 0) return stop();
      const rest = Math.max(began + interval - Date.now(), interval / 4);
      await pause(rest, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Puts what was seen into the log, once it is known who may hear of it. */
  async function note(seen: readonly Thing[], now: number): Promise<void> {
    for (const thing of seen) read.set(thing.key, thing);
    const scoped = [...groups.values()].filter(({ name }) => name !== ALL);
    for (const thing of await vendorsOf(scoped, now)) read.set(thing.key, thing);
    for (const group of scoped) {
      if (group.asked.size > MAX_ASKED) forgetAsked(group);
      await askWithin(group);
    }
    log.add([...read.values()]);
    read.clear();
    hasLooked = true;
    for (const group of groups.values()) group.news.clear();
    // One that has come meanwhile is asked for in the next look.
    for (const group of scoped) group.isReady = true;
  }

  function forgetAsked(group: Group): void {
    group.asked.clear();
    group.within.clear();
    group.isReady = false;
  }

  async function vendorsOf(scoped: readonly Group[], now: number): Promise<Thing[]> {
    const some = scoped
      .toSorted((a, b) => a.vendorsReadAt - b.vendorsReadAt)
      .slice(0, MAX_SCOPES_READ);
    const lists = await Promise.all(
      some.map(async ({ name, scope }) => {
        const { items } = await vendors.within(scope).list();
        return items.map((state) => vendorThing(state, name));
      }),
    );
    for (const group of some) group.vendorsReadAt = now;
    return lists.flat();
  }

  /** Asks which imports of the log, and of what was read, a scope has. That never changes. */
  async function askWithin({ scope, asked, within, isReady }: Group): Promise<void> {
    const told = [...(isReady ? [] : log.importIds()), ...importIdsOf(read.values())];
    const unknown = [...new Set(told)].filter((id) => !asked.has(id));
    if (unknown.length === 0) return;
    for (const id of await fleet.within(scope).within(unknown)) within.add(id);
    for (const id of unknown) asked.add(id);
  }

  function leaveGroups(now: number): void {
    for (const [name, { watchers: some, leftAt }] of groups)
      if (some === 0 && now - leftAt >= linger) groups.delete(name);
  }

  function groupOf(scope: Scope): Group {
    const name = isUnscoped(scope) ? ALL : JSON.stringify(scope);
    const known = groups.get(name);
    if (known !== undefined) return known;
    const group: Group = {
      ...{ name, scope, watchers: 0, leftAt: 0, isReady: name === ALL, vendorsReadAt: 0 },
      ...{ asked: new Set(), within: new Set(), news: new Map() },
    };
    groups.set(name, group);
    return group;
  }

  function newsOf(group: Group, since: number): News {
    const { name, within, news } = group;
    if (!news.has(since)) {
      const mayHear = (audience: Audience) =>
        "scope" in audience
          ? audience.scope === name
          : name === ALL || within.has(audience.importId);
      news.set(since, log.since(since, mayHear));
    }
    return news.get(since);
  }

  return {
    open(scope, lastId) {
      const group = groupOf(scope);
      /** The number of the last change that the watcher knows; undefined if it may have missed some. */
      let known = lastId === undefined ? undefined : log.numberOf(lastId);
      let wants = false;
      let sentAt = Date.now();
      let isGreeted = false;
      const endsAt = sentAt + life * (0.75 + Math.random() / 2);
      const stream = new Readable({
        read() {
          wants = true;
          watcher.pump();
        },
        destroy(error, done) {
          leave();
          done(error);
        },
      });
      function send(text: string | Buffer): void {
        sentAt = Date.now();
        wants = stream.push(text);
      }
      function leave(): void {
        if (!watchers.delete(watcher)) return;
        group.watchers -= 1;
        group.leftAt = Date.now();
      }
      /** Sends what there is to be sent; a sign of life if there has been nothing for a while. */
      function tell(): void {
        const news = known === undefined ? "too much" : newsOf(group, known);
        known = log.last;
        const id = `id: ${log.idOf(known)}\n\n`;
        if (news === "too much") send(`event: ${RESET}\ndata: {}\n${id}`);
        else if (news !== undefined) send(news);
        // Whoever comes back later has missed nothing of what wasn't for them.
        else if (Date.now() - sentAt >= heartbeat) send(`: still here\n${id}`);
      }
      const watcher: Watcher = {
        pump() {
          if (Date.now() >= endsAt) return watcher.end();
          if (!wants) return;
          // A client that loses the connection reconnects after two seconds.
          const greeting = isGreeted ? undefined : "retry: 2000\n\n";
          isGreeted = true;
          if (greeting !== undefined) send(greeting);
          if (!wants) return;
          if (hasLooked && (known === undefined || group.isReady)) tell();
          else if (Date.now() - sentAt >= heartbeat) send(": still here\n\n");
        },
        reset() {
          known = undefined;
        },
        end() {
          leave();
          stream.push(null);
        },
      };
      watchers.add(watcher);
      group.watchers += 1;
      start();
      return stream;
    },
    close() {
      running?.abort();
      for (const watcher of watchers) watcher.end();
    },
  };
}
