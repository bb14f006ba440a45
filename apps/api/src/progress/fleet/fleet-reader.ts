import { everything } from "@exhibit/contracts";
import type { Fleet, Scoped, VendorControl } from "@exhibit/ingest";
import type { Thing } from "./change-log.ts";
import {
  ALL,
  folderThing,
  goneWorker,
  importThing,
  isFolderOver,
  vendorThing,
  workerThing,
} from "./things.ts";

export interface ReaderSources {
  readonly fleet: Scoped<Pick<Fleet, "movement" | "views" | "folders" | "workers" | "within">>;
  readonly vendors: Scoped<Pick<VendorControl, "list">>;
}

/** Looks at everything, for all watchers together. */
export interface FleetReader {
  /** Returns what may have changed since the last look; "too much" if it can't tell. */
  look(now: number): Promise<Thing[] | "too much">;
}

/** Milliseconds after which a running import is read again, also if its row is the same. */
const STALE = 5_000;
/** How many imports are read in one look, those first that were read longest ago. */
const MAX_READ = 200;

/** A running import, as it was when it was read. */
interface Known {
  readonly updatedAt: number;
  readonly readAt: number;
}

/** Folders that are read page by page, in as many looks. */
interface FolderTurn {
  readonly importIds: string[];
  readonly after: number;
}

/** Creates a reader. If a look fails, the next one reads what it would have read. */
export function createFleetReader({ fleet, vendors }: ReaderSources): FleetReader {
  const all = fleet.within(everything);
  const running = new Map<string, Known>();
  /** Imports to be read, and those of which folders are. */
  const due = new Set<string>();
  const foldersDue = new Set<string>();
  let turn: FolderTurn = { importIds: [], after: 0 };
  /** Folders that weren't over, by import: they are read until they are. */
  const open = new Map<string, Set<number>>();
  let acts: ReadonlySet<number> | undefined;
  let workers = new Set<string>();

  function isDue(before: Known | undefined, updatedAt: number, now: number): boolean {
    return before?.updatedAt !== updatedAt || now - before.readAt >= STALE;
  }

  /** Notes which imports may have changed. Returns false if there were too many acts to know. */
  async function findDue(now: number): Promise<boolean> {
    const moved = await all.movement();
    const ids = new Set(moved.running.map(({ id }) => id));
    for (const { id, updatedAt: at } of moved.running) {
      const before = running.get(id);
      const updatedAt = at.getTime();
      if (isDue(before, updatedAt, now)) due.add(id);
      running.set(id, { updatedAt, readAt: before?.readAt ?? 0 });
    }
    for (const id of running.keys()) {
      if (ids.has(id)) continue;
      // It has come to rest.
      running.delete(id);
      due.add(id);
    }
    const before = acts;
    acts = new Set(moved.acts.map(({ id }) => id));
    if (before === undefined) return true;
    const recent = moved.acts.filter(({ id }) => !before.has(id));
    for (const { importId } of recent) due.add(importId);
    return recent.length < moved.acts.length || !moved.hasMoreActs;
  }

  function nextTurn(): FolderTurn {
    if (turn.after > 0) return turn;
    return { importIds: [...foldersDue].slice(0, MAX_READ), after: 0 };
  }

  function noteFolders(folders: Awaited<ReturnType<Fleet["folders"]>>["items"]): void {
    for (const { import_id, folder_id, status } of folders) {
      const ofImport = open.get(import_id) ?? new Set();
      if (isFolderOver(status)) ofImport.delete(Number(folder_id));
      else ofImport.add(Number(folder_id));
      if (ofImport.size > 0) open.set(import_id, ofImport);
      else open.delete(import_id);
    }
  }

  return {
    async look(now) {
      if (!(await findDue(now))) return "too much";
      const readAt = (id: string) => running.get(id)?.readAt ?? 0;
      const ids = [...due].sort((a, b) => readAt(a) - readAt(b)).slice(0, MAX_READ);
      for (const id of ids) foldersDue.add(id);
      const { importIds, after } = nextTurn();
      const besides = importIds.flatMap((id) => [...(open.get(id) ?? [])]);
      const [views, folders, { items: states }, { items: listed }] = await Promise.all([
        all.views(ids),
        all.folders(importIds, { besides, after }),
        vendors.within(everything).list(),
        all.workers(),
      ]);
      // All is read: from here on nothing fails.
      for (const id of ids) {
        due.delete(id);
        const known = running.get(id);
        if (known !== undefined) running.set(id, { ...known, readAt: now });
      }
      noteFolders(folders.items);
      turn = { importIds, after: folders.next ?? 0 };
      // What changes while its folders are read is read once more.
      if (after === 0) for (const id of importIds) foldersDue.delete(id);
      const before = workers;
      workers = new Set(listed.map(({ worker_id }) => worker_id));
      return [
        ...views.map(importThing),
        ...folders.items.map(folderThing),
        ...states.map((state) => vendorThing(state, ALL)),
        ...listed.map(workerThing),
        ...[...before].filter((id) => !workers.has(id)).map(goneWorker),
      ];
    },
  };
}
