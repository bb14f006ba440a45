export { describeSource, type SourceHarness } from "./describe-source.ts";
export { collect, failure, readAll } from "./reading.ts";
