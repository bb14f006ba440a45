// Makes `npm start` and `npm test` work right after a clone, with Node 20 and npm only.
export { ensureInstalled } from "./ensure-installed.mjs";
export { inRoot } from "./root.mjs";
export { environmentOfNode24, run, runNode24 } from "./run-node-24.mjs";
