/** What machines ask every few seconds: whether the process runs, and whether it is ready. */
export const healthChecks: ReadonlySet<string | undefined> = new Set(["/healthz", "/readyz"]);
