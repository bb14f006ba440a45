export { openEmbeddedEngine } from "./embedded/embedded-engine.ts";
export type { Away, Engine, WorkerHandle, WorkOptions } from "./engine.ts";
export type { JobRef } from "./enqueue.ts";
export { type Attempt, type Handler, Postponed } from "./handler.ts";
export { type JobData, type QueueName, queueNames } from "./queues.ts";
export { openRedisEngine, type RedisEngineOptions } from "./redis/redis-engine.ts";
export { openSharedCounters, type SharedCounters } from "./redis/shared-counters.ts";
