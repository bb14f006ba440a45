/**
 * start.test.ts runs this as a process: starts telemetry by its environment, records one span,
 * ends.
 */
import { env, exit, stdout } from "node:process";
import { startTelemetry, withSpan } from "../../src/index.ts";

const telemetry = await startTelemetry({ service: "exhibit-test", env });
await withSpan("exhibit.seal", { "exhibit.import_id": "i1" }, async () => {});
await telemetry.shutdown();
stdout.write("done");
exit(0);
