export * from "./engine.ts";
export { type JobData, type QueueName, queueNames } from "./queues.ts";
export type { JobRef } from "./ringing.ts";
export { type Attempt, type Handler, Postponed } from "./work.ts";
