export * from "./engine.ts";
export { type Bell, type QueueName, queueNames } from "./queues.ts";
export type { BellToRing } from "./ringing.ts";
export { type Attempt, type Handler, Postponed } from "./work.ts";
