export { pdfText } from "./pdf-text.ts";
export { startPgBouncer } from "./pgbouncer.ts";
export { startPostgres } from "./postgres-server.ts";
export { type PrefixProxy, startPrefixProxy } from "./prefix-proxy.ts";
export { takeRedisDatabase } from "./redis-database.ts";
export { startRedis } from "./redis-server.ts";
export { redocly } from "./redocly.ts";
export { selfSigned } from "./self-signed.ts";
export {
  dataFolder,
  freePort,
  type RunningServer,
  startServer,
  stopProcess,
} from "./servers.ts";
export { shareInRun } from "./share-in-run.ts";
export { type Received, type Receiver, startReceiver } from "./start-receiver.ts";
