export * from "./engine.ts";
export { type Bell, type QueueName, queueNames } from "./queues.ts";
export { type Attempt, type Handler, Postponed } from "./work.ts";
