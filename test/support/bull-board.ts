import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { System } from "./system.ts";

export interface BoardJob {
  id: string;
  /** The title of its card. */
  name: string;
  failedReason: string;
  /** How many attempts it has used up. */
  attempts: number;
}

/** Returns Bull Board as a person uses it: what its page asks for, and what its buttons do. */
export function bullBoardOf({ ask, get }: Pick<System, "ask" | "get">) {
  const api = "/queues/api/queues";

  async function press(path: string): Promise<string> {
    const answer = await ask(`${api}/${path}`, { method: "PUT" });
    const text = await answer.text();
    expect(answer.ok, text).toBe(true);
    return text;
  }

  async function failedIn(queue: string): Promise<BoardJob[]> {
    const board = await get<{ queues: { name: string; jobs: BoardJob[] }[] }>(
      `${api}?activeQueue=${queue}&status=failed&page=1&jobsPerPage=10`,
    );
    return board.queues.find(({ name }) => name === queue)?.jobs ?? [];
  }

  async function count(state: "active" | "failed"): Promise<number> {
    const { queues } = await get<{ queues: { name: string; counts: Record<string, number> }[] }>(
      api,
    );
    return queues
      .filter(({ name }) => name === "plan" || name === "store")
      .reduce((sum, { counts }) => sum + (counts[state] ?? 0), 0);
  }

  /** Makes delayed jobs run now. */
  const promoteAll = (queue = "store") => press(`${queue}/promote`);

  return {
    /** Resolves with the failed jobs of a queue once there are so many: an import comes to rest a moment before its jobs do. */
    async failed(count: number, queue = "store"): Promise<BoardJob[]> {
      for (;;) {
        const jobs = await failedIn(queue);
        if (jobs.length === count) return jobs;
        await setTimeout(20);
      }
    },
    /** Returns how many jobs are in a state, in the queues that carry an import's work. */
    count,
    /** Resolves when none of these jobs runs: Bull Board tells of no end. */
    async idle(): Promise<void> {
      while ((await count("active")) > 0) await setTimeout(20);
    },
    logs: (job: BoardJob, queue = "store") => get<string[]>(`${api}/${queue}/${job.id}/logs`),
    retry: (job: BoardJob, queue = "store") => press(`${queue}/${job.id}/retry`),
    retryAll: (queue = "store") => press(`${queue}/retry/failed`),
    promoteAll,
    /** Makes delayed jobs run as soon as they are delayed, until something has happened. */
    async hurry<T>(until: Promise<T>): Promise<T> {
      let isOver = false;
      const over = until.finally(() => {
        isOver = true;
      });
      over.catch(() => {});
      while (!isOver) {
        await promoteAll();
        await setTimeout(100);
      }
      return await over;
    },
    /** Removes a job, as retention does after a month. */
    remove: (job: BoardJob, queue = "store") => press(`${queue}/${job.id}/clean`),
  };
}
