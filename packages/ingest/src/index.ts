export { type AbandonDependencies, endAbandonedUploads } from "./abandon.ts";
export { type Bandwidth, createBandwidth, NO_LIMIT } from "./bandwidth.ts";
export { createByteBudget } from "./byte-budget.ts";
export { createImports, type Imports, type ImportsDependencies } from "./imports.ts";
export { createJobLabels, type JobLabels } from "./job-labels.ts";
export { type PlanDependencies, planFolder } from "./plan.ts";
export { quietMsOf, type ReconcileDependencies, reconcile } from "./reconcile.ts";
export { seal } from "./seal.ts";
export { createSight, type Sight } from "./sight.ts";
export { oneAtATime, type StoreDependencies, storeShard } from "./store.ts";
export {
  createVendorControl,
  type VendorControl,
  type VendorControlDependencies,
} from "./vendor-control.ts";
export { createWaits, type Waits } from "./waits.ts";
