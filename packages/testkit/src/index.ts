export { startPgBouncer } from "./pgbouncer.ts";
export { type PostgresOptions, startPostgres, userOfServers } from "./postgres-server.ts";
export { type PrefixProxy, startPrefixProxy } from "./prefix-proxy.ts";
export { createRandom, type Random } from "./random.ts";
export { takeRedisDatabase } from "./redis-database.ts";
export { type RedisOptions, startRedis } from "./redis-server.ts";
export { selfSigned } from "./self-signed.ts";
export {
  dataFolder,
  freePort,
  type RunningServer,
  runServer,
  startServer,
  stopProcess,
} from "./servers.ts";
export { shareInRun } from "./share-in-run.ts";
