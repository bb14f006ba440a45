import { TRIAL_NOTICE } from "@exhibit/contracts";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { docsLogOut } from "./log-out-link.ts";
import { finished, type OpenApi } from "./openapi.ts";

type Transformed = ReturnType<typeof jsonSchemaTransformObject>;

/**
 * Adds the documentation page and the OpenAPI document, made from the schemas of the routes that
 * are added afterwards.
 */
export async function addDocs(app: FastifyInstance, trial: boolean): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Exhibit",
        description: `${trial ? `**${TRIAL_NOTICE}**\n\n` : ""}Bulk ingestion of evidence into the OSS folders that vendors open for a case`,
        version: "1",
        license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
      },
      components: { securitySchemes },
      security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
      tags: [
        { name: "imports", description: "Create, follow and change imports" },
        { name: "cases", description: "What is proved of a case, and what is missing" },
        { name: "custody", description: "Seals, and what proves that a file belongs to one" },
        { name: "webhooks", description: "Be told what becomes of imports" },
        { name: "access", description: "Who may use the API" },
        { name: "operations", description: "For those who run Exhibit" },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) =>
      finished(jsonSchemaTransformObject(document) as OpenApi) as Transformed,
  });
  // The page's files come from the package, so that it works without the internet.
  await app.register(async (docs) => {
    docs.addHook("onRoute", (route) => {
      route.config = { ...route.config, needs: "viewer" };
    });
    await docs.register(swaggerUi, {
      routePrefix: "/docs",
      // All addresses are relative to the page, because a proxy may add a path in front.
      indexPrefix: ".",
      transformSpecification: (document) => ({ ...document, servers: [{ url: ".." }] }),
      theme: docsLogOut,
      logLevel: "warn",
    });
    docs.get("/openapi.json", { schema: { hide: true }, logLevel: "warn" }, () => app.swagger());
  });
}

/** How a caller says who they are. */
const securitySchemes = {
  key: {
    type: "http",
    scheme: "bearer",
    description: "A key that begins with `exh_`, made by `exhibit keys create`.",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-exhibit",
    description: "A browser's session, had at `/login`. Without TLS the cookie is named `exhibit`.",
  },
} as const;
