export { openServices, type Services, type ServicesOptions } from "./services.ts";
export { startWorker, type RunningWorker, type WorkerDependencies } from "./worker.ts";
