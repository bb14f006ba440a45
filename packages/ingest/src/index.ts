export { createByteBudget } from "./byte-budget.ts";
export { createImports, type Imports, type ImportsDependencies } from "./imports.ts";
export { type PlanDependencies, planFolder } from "./plan.ts";
export { QUIET_MS, reconcile, type ReconcileDependencies } from "./reconcile.ts";
export { seal } from "./seal.ts";
export { storeShard, type StoreDependencies } from "./store.ts";
