import { everything, localPrincipal, type Principal, type Scope } from "@exhibit/contracts";
import type { Scoped } from "@exhibit/ingest";
import { afterEach, expect, it } from "vitest";
import { routes } from "../../../src/routes.ts";
import { fakeBandwidth, fakeFleet, fakeImports, startApi } from "../../fake-imports.ts";
import { fakeWebhooks } from "../../fake-webhooks.ts";

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(async () => {
  await api?.app.close();
});

const scope: Scope = { entrust_ids: ["E-1"], vendors: ["kongur"], roots: ["/evidence/E-1"] };
const principal: Principal = { ...localPrincipal, name: "key:tenant", scope };

const source = { type: "directory", path: "/evidence/E-1/a" };
const place = { endpoint: "https://e", bucket: "b", prefix: "p/" };
/** Bodies of the routes that need one. */
const bodies: Record<string, object> = {
  "POST /v1/imports": {
    entrust_id: "E-1",
    folders: [{ vendor: "kongur", folder: { suit_id: "1" }, source }],
  },
  "POST /v1/dry-runs": {
    entrust_id: "E-1",
    folders: [{ vendor: "kongur", folder: { suit_id: "1" }, source }],
  },
  "PATCH /v1/imports/:id": { title: "March scans" },
  "POST /v1/imports/:id/waive": { why: "It is gone." },
  "POST /v1/imports/:id/exports": { names: "original" },
  "POST /v1/register/keys/:key/distrust": { why: "It is gone." },
  "POST /v1/imports/:id/folders/:folder_id/accept-destination": { ...place, why: "It moved." },
  "POST /v1/failures/retry": { imports: [{ import_id: "x" }] },
  "POST /v1/failures/waive": { imports: [{ import_id: "x" }], why: "It is gone." },
  "POST /v1/vendors/:vendor/check": { folder: { suit_id: "1" } },
};

/** Those that are for everybody; what is for those without limits alone, the door keeps from others. */
const narrowed = routes.filter(
  ([, url, , { unscoped }]) =>
    !unscoped &&
    /^\/(v1\/(imports|files|failures|cases|suits|dry-runs|sources|vendors|bandwidth|rates|queues|register|verifications)|readyz)/.test(
      url,
    ),
);

it.each(narrowed)("%s %s works within the principal's scope alone", async (method, url) => {
  const fake = fakeImports();
  const view = fake.put({ status: "sealed" });
  const asked: Scope[] = [];
  const noted = <Control>(control: Control): Scoped<Control> => ({
    within(of) {
      asked.push(of);
      return control;
    },
  });
  api = await startApi({
    imports: noted(fake.imports),
    folders: noted(fake.folders),
    cases: noted(fake.cases),
    seals: noted(fake.seals),
    vendors: noted(fake.vendors),
    bandwidth: noted(fakeBandwidth()),
    webhooks(owner) {
      asked.push(owner.principal.scope);
      return fakeWebhooks().webhooks(owner);
    },
    fleet: noted(fakeFleet),
    authenticate: async () => principal,
  });
  await api.app.ready();
  // What belongs to no request, such as the reader of the event streams.
  expect(asked.splice(0)).toEqual([everything, everything]);
  const path = url
    .replace(":id", view.import_id)
    .replace(":folder_id", "1")
    .replace(":file_id", "1")
    .replace(":vendor", "kongur")
    .replace(":part", "seal.txt")
    .replace(":key", "ab".repeat(32))
    .replace(":number", "3")
    .replace(/:(entrust|suit)_id/, "E-1");
  const body = bodies[`${method} ${url}`];
  const query = url === "/v1/files" ? `?sha256=${"ab".repeat(32)}` : "";
  const answer = await api.app.inject({
    method,
    url: path + query,
    ...(body && { payload: body }),
  });
  expect(answer.statusCode).toBeLessThan(300);
  expect(asked).toEqual([scope]);
});
