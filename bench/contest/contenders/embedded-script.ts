import { setTimeout } from "node:timers/promises";
import { loadConfig, readEnvironment, secretsOf } from "@exhibit/config";
import { everything } from "@exhibit/contracts";
import { openServices } from "@exhibit/runtime";
import { createLogger } from "@exhibit/telemetry";
import { startWorker } from "@exhibit/worker";

// node embedded-script.ts FOLDER: one import in one process, without API and without sandbox.

const path = process.argv[2] ?? "";
const environment = readEnvironment();
const config = await loadConfig(environment.configPath ?? "");
const logger = createLogger({ service: "bench", secrets: secretsOf(config, environment) });
const services = await openServices({ environment, config, logger });
const worker = await startWorker(services.forWorker);
const folder = { role: "entrust" };
const imports = services.imports.within(everything);
let view = await imports.create({
  entrust_id: "E-1",
  suit_ids: [],
  folders: [{ vendor: "kongur", folder, source: { type: "directory", path } }],
});
while (view.status !== "sealed" && view.status !== "attention") {
  // Polling more often would take CPU time of the measured process.
  await setTimeout(50);
  view = await imports.get(view.import_id);
}
await worker.close();
await services.close();
if (view.status !== "sealed") throw new Error(JSON.stringify(view));
