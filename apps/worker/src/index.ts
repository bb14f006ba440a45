export { openServices, type Services, type ServicesOptions } from "./services.ts";
export { type RunningWorker, startWorker, type WorkerDependencies } from "./worker.ts";
