import { expect } from "vitest";
import type { System } from "./system.ts";

export interface BoardJob {
  id: string;
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

  return {
    /** The failed jobs of a queue. */
    async failed(queue = "store"): Promise<BoardJob[]> {
      const board = await get<{ queues: { name: string; jobs: BoardJob[] }[] }>(
        `${api}?activeQueue=${queue}&status=failed&page=1&jobsPerPage=10`,
      );
      return board.queues.find(({ name }) => name === queue)?.jobs ?? [];
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
    /** What retention does to a job after a month. */
    remove: (job: BoardJob, queue = "store") => press(`${queue}/${job.id}/clean`),
  };
}
