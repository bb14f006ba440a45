import { TRIAL_NOTICE, trial } from "@exhibit/contracts";
import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

// Relative, so that they work behind a proxy that adds a path in front.
const links = {
  docs: "./docs",
  openapi: "./openapi.json",
  imports: "./v1/imports",
  queues: "./queues",
  ready: "./readyz",
  login: "./login",
};
const text = z.string();

const pageOf = (isTrial: boolean) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Exhibit</title>
<link rel="icon" href="./favicon.ico" type="image/svg+xml">
<link rel="stylesheet" href="./start.css">
</head>
<body>
<h1>Exhibit</h1>
${isTrial ? `<p><strong>${TRIAL_NOTICE}</strong></p>\n` : ""}<p>Stores every file of a case's evidence, verified and on record, in the OSS folder that its vendor opens.</p>
<ul>
<li><a href="${links.queues}">Bull Board</a>: the jobs, also those that failed</li>
<li><a href="${links.docs}">The HTTP API</a>, with documentation, to try out</li>
<li><a href="${links.imports}">The latest imports</a>, as JSON; on the command line: <code>npx exhibit status</code></li>
<li><a href="${links.ready}">Is it ready?</a></li>
<li><a href="${links.login}">Who am I? Log out</a></li>
</ul>
</body>
</html>
`;

export const startPage = action(
  {
    operationId: "startPage",
    summary: "Links to what this server offers",
    description: "As JSON, or as a page for browsers (`Accept: text/html`).",
    tags: ["operations"],
    response: {
      200: {
        content: {
          "application/json": {
            schema: z.object({
              name: text,
              trial,
              docs: text,
              openapi: text,
              imports: text,
              queues: text,
              ready: text,
              login: text,
            }),
          },
          "text/html": { schema: text },
        },
        description: "Links, relative to this address",
      },
      ...failures,
    },
  },
  ({ trial: isTrial }) =>
    async (request, reply) => {
      reply.header("vary", "accept");
      if (!/\btext\/html\b/.test(request.headers.accept ?? "")) {
        return { name: "exhibit", trial: isTrial, ...links };
      }
      reply.type("text/html; charset=utf-8");
      return pageOf(isTrial);
    },
);
