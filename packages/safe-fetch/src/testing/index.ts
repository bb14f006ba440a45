export { startDns } from "./dns-server.ts";
export { inside } from "./inside.ts";
