import type { FastifyInstance } from "fastify";
import type { Action, ActionContext } from "./action.ts";
import { acceptDestination } from "./routes/accept-destination.ts";
import { readBandwidth, setBandwidth } from "./routes/bandwidth.ts";
import { cancelImport } from "./routes/cancel-import.ts";
import { createImport } from "./routes/create-import.ts";
import { followImport } from "./routes/follow-import.ts";
import { getImport } from "./routes/get-import.ts";
import { health } from "./routes/health.ts";
import { listFiles } from "./routes/list-files.ts";
import { listFolders } from "./routes/list-folders.ts";
import { listImportAudit } from "./routes/list-import-audit.ts";
import { listImports } from "./routes/list-imports.ts";
import { listIncidents } from "./routes/list-incidents.ts";
import { listVendorAudit } from "./routes/list-vendor-audit.ts";
import { listVendors } from "./routes/list-vendors.ts";
import { pauseImport } from "./routes/pause-import.ts";
import { pauseVendor } from "./routes/pause-vendor.ts";
import { readiness } from "./routes/readiness.ts";
import { resumeImport } from "./routes/resume-import.ts";
import { resumeVendor } from "./routes/resume-vendor.ts";
import { retryImport } from "./routes/retry-import.ts";
import { startPage } from "./routes/start-page.ts";
import { waiveFiles } from "./routes/waive-files.ts";

/** The whole HTTP surface, but for the pages at /docs and /queues. */
export const routes: readonly (readonly ["GET" | "POST" | "PUT", string, Action])[] = [
  ["POST", "/v1/imports", createImport],
  ["GET", "/v1/imports", listImports],
  ["GET", "/v1/imports/:id", getImport],
  ["GET", "/v1/imports/:id/folders", listFolders],
  ["GET", "/v1/imports/:id/files", listFiles],
  ["GET", "/v1/imports/:id/events", followImport],
  ["GET", "/v1/imports/:id/audit", listImportAudit],
  ["GET", "/v1/imports/:id/incidents", listIncidents],
  ["POST", "/v1/imports/:id/retry", retryImport],
  ["POST", "/v1/imports/:id/cancel", cancelImport],
  ["POST", "/v1/imports/:id/waive", waiveFiles],
  ["POST", "/v1/imports/:id/folders/:folder_id/accept-destination", acceptDestination],
  ["POST", "/v1/imports/:id/pause", pauseImport],
  ["POST", "/v1/imports/:id/resume", resumeImport],
  ["GET", "/v1/vendors", listVendors],
  ["GET", "/v1/vendors/:vendor/audit", listVendorAudit],
  ["POST", "/v1/vendors/:vendor/pause", pauseVendor],
  ["POST", "/v1/vendors/:vendor/resume", resumeVendor],
  ["GET", "/v1/bandwidth", readBandwidth],
  ["PUT", "/v1/bandwidth", setBandwidth],
  ["GET", "/healthz", health],
  ["GET", "/readyz", readiness],
  ["GET", "/", startPage],
];

/** The methods that a path is there with. */
export function methodsAt(path: string): string[] {
  const parts = path.split("/");
  return routes.flatMap(([method, url]) => (leadsTo(url.split("/"), parts) ? [method] : []));
}

function leadsTo(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every(
    (part, at) => part === parts[at] || (part.startsWith(":") && parts[at] !== ""),
  );
}

export function addRoutes(app: FastifyInstance, context: ActionContext): void {
  for (const [method, url, { schema, handler }] of routes) {
    app.route({
      method,
      url,
      schema,
      handler: handler(context),
      // HEAD would leave a stream of events running that nobody reads.
      exposeHeadRoute: method === "GET" && url !== "/v1/imports/:id/events",
      // Asked every few seconds by machines.
      ...(url.endsWith("z") ? { logLevel: "warn" as const } : {}),
    });
  }
}
