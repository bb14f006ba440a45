import { randomUUID } from "node:crypto";
import {
  type ChangeWebhookRequest,
  type DeliveryView,
  ExhibitError,
  type NewWebhook,
  type Principal,
  type RotateWebhookRequest,
  type WebhookActRequest,
  type WebhookRequest,
  type WebhookView,
} from "@exhibit/contracts";
import {
  addTest,
  type Callback,
  changeEndpoint,
  createEndpoint,
  type Ledger,
  ledgerWithin,
  listEndpoints,
  listImportDeliveries,
  listWebhookDeliveries,
  type Page,
  readDelivery,
  redeliver,
  removeEndpoint,
  rotateEndpoint,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { SafeFetch } from "@exhibit/safe-fetch";
import type { Logger } from "@exhibit/telemetry";
import { ringWebhooks } from "../jobs/ring-webhooks.ts";
import type { WebhookSecrets } from "../webhooks/secrets.ts";

interface PageQuery {
  limit: number;
  after?: string | undefined;
}

/** Who acts on webhooks. */
export interface WebhookOwner {
  readonly principal: Principal;
  /** As the audit log names them. */
  readonly who: string;
}

/**
 * What somebody can do with their webhooks: those of others aren't there for them. Deliveries are
 * those to their webhooks; whoever operates the deployment sees all of the imports in their scope.
 */
export interface Webhooks {
  list(query: PageQuery): Promise<Page<WebhookView>>;
  /**
   * Makes a webhook, whose secret is shown this once. Throws ADDRESS_REFUSED for an address that may
   * not be called, WEBHOOKS_OFF where secrets can't be encrypted, and STATE_CONFLICT.
   */
  create(request: WebhookRequest): Promise<NewWebhook>;
  change(webhookId: string, request: ChangeWebhookRequest): Promise<WebhookView>;
  /** Gives it a new secret, which is shown this once; the old one signs a while longer. */
  rotate(webhookId: string, request: RotateWebhookRequest): Promise<NewWebhook>;
  remove(webhookId: string, request?: WebhookActRequest): Promise<WebhookView>;
  /** Sends it a test, as any other event. */
  test(webhookId: string, request?: WebhookActRequest): Promise<DeliveryView>;
  /** Returns a page of what it was told, the latest first. */
  deliveries(webhookId: string, query: PageQuery): Promise<Page<DeliveryView>>;
  /** Returns a page of what was told of an import, the latest first. */
  ofImport(importId: string, query: PageQuery): Promise<Page<DeliveryView>>;
  delivery(deliveryId: string): Promise<DeliveryView>;
  /** Has a delivery sent again. Throws NOT_FOUND, or STATE_CONFLICT for a webhook that is off. */
  redeliver(deliveryId: string, request?: WebhookActRequest): Promise<DeliveryView>;
  /** Returns what an import is created with that names an address as its callback. */
  callback(url: string): Callback;
}

export interface WebhooksDependencies {
  readonly ledger: Ledger;
  readonly engine: Pick<Engine, "enqueue">;
  readonly logger: Logger;
  readonly fetch: Pick<SafeFetch, "check">;
  /** Undefined where nothing can encrypt secrets. */
  readonly secrets: WebhookSecrets | undefined;
}

/** Returns the webhooks of whoever asks. */
export function createWebhooks(
  dependencies: WebhooksDependencies,
): (owner: WebhookOwner) => Webhooks {
  return (owner) => webhooksOf(owner, dependencies);
}

const HOUR = 3_600_000;

function webhooksOf(
  { principal, who }: WebhookOwner,
  dependencies: WebhooksDependencies,
): Webhooks {
  const { fetch } = dependencies;
  const ledger = ledgerWithin(dependencies.ledger, principal.scope);
  const secrets = () => {
    if (dependencies.secrets !== undefined) return dependencies.secrets;
    throw new ExhibitError(
      "WEBHOOKS_OFF",
      "There can be no webhooks here: EXHIBIT_LEASE_KEY isn't set, and their secrets are kept encrypted by it.",
    );
  };
  const ring = (deliveryId: string) => ringWebhooks(dependencies, { deliveryId });

  /** Returns a webhook that is to be made, and its secret. */
  function endpointOf({ url, events, imports, description }: Omit<WebhookRequest, "why">) {
    const id = randomUUID();
    const { secret, encrypted } = secrets().make(id);
    const { href } = fetch.check(url);
    return { secret, endpoint: { id, url: href, events, imports, description, secret: encrypted } };
  }

  return {
    list: (query) => listEndpoints(ledger, principal, query),
    async create({ why, ...request }) {
      const { secret, endpoint } = endpointOf(request);
      const view = await createEndpoint(ledger, endpoint, principal, { who, why });
      return { ...view, secret };
    },
    change: (webhookId, request) => changeEndpoint(ledger, webhookId, request, principal, who),
    async rotate(webhookId, { old_valid_hours, why }) {
      const { secret, encrypted } = secrets().make(webhookId);
      const previousUntil = new Date(Date.now() + old_valid_hours * HOUR);
      const rotation = { secret: encrypted, previousUntil };
      const by = { who, why };
      return { ...(await rotateEndpoint(ledger, webhookId, rotation, principal, by)), secret };
    },
    remove: (webhookId, { why } = {}) => removeEndpoint(ledger, webhookId, principal, { who, why }),
    async test(webhookId, { why } = {}) {
      const id = await addTest(ledger, webhookId, principal, { who, why });
      await ring(id);
      return await readDelivery(ledger, id, principal);
    },
    deliveries: (webhookId, query) => listWebhookDeliveries(ledger, webhookId, principal, query),
    ofImport: (importId, query) => listImportDeliveries(ledger, importId, principal, query),
    delivery: (deliveryId) => readDelivery(ledger, deliveryId, principal),
    async redeliver(deliveryId, { why } = {}) {
      const view = await redeliver(ledger, deliveryId, principal, { who, why });
      await ring(deliveryId);
      return view;
    },
    callback(url) {
      const { endpoint } = endpointOf({ url, events: null, imports: "named", description: null });
      return { endpoint, owner: principal };
    },
  };
}
