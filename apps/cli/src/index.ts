export { runCli } from "./cli.ts";
export { ensureSampleCase, sampleRequest } from "./up/sample-case/sample-case.ts";
