import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { System } from "./system.ts";

export interface BoardJob {
  id: string;
  /** As its card is titled. */
  name: string;
  failedReason: string;
}

/** Bull Board as an ops person uses it: what its page asks for, and what its buttons do. */
export function bullBoardOf({ apiUrl, get }: Pick<System, "apiUrl" | "get">) {
  const api = "/queues/api/queues";

  async function press(path: string): Promise<string> {
    const answer = await fetch(`${apiUrl}${api}/${path}`, { method: "PUT" });
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

  return {
    /** The failed jobs of a queue, once there are so many: an import comes to rest a moment before its jobs do. */
    async failed(count: number, queue = "store"): Promise<BoardJob[]> {
      for (;;) {
        const jobs = await failedIn(queue);
        if (jobs.length === count) return jobs;
        await setTimeout(20);
      }
    },
    /** How many jobs are in a state, in all queues that carry an import's work. */
    async count(state: "active" | "failed"): Promise<number> {
      const { queues } = await get<{
        queues: { name: string; counts: Record<string, number> }[];
      }>(api);
      return queues
        .filter(({ name }) => name === "plan" || name === "store")
        .reduce((sum, { counts }) => sum + (counts[state] ?? 0), 0);
    },
    logs: (job: BoardJob, queue = "store") => get<string[]>(`${api}/${queue}/${job.id}/logs`),
    retry: (job: BoardJob, queue = "store") => press(`${queue}/${job.id}/retry`),
    retryAll: (queue = "store") => press(`${queue}/retry/failed`),
    /** Lets what is delayed go on now. */
    promoteAll: (queue = "store") => press(`${queue}/promote`),
    /** What retention does to a job after a month. */
    remove: (job: BoardJob, queue = "store") => press(`${queue}/${job.id}/clean`),
  };
}
