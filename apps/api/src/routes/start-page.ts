import { trial } from "@exhibit/contracts";
import { z } from "zod";
import { action } from "../action.ts";

const links = {
  name: "exhibit",
  docs: "/docs",
  openapi: "/openapi.json",
  imports: "/v1/imports",
  queues: "/queues",
  ready: "/readyz",
};
const text = z.string();

export const startPage = action(
  {
    summary: "Where things are",
    tags: ["operations"],
    response: {
      200: z.object({
        name: text,
        trial,
        docs: text,
        openapi: text,
        imports: text,
        queues: text,
        ready: text,
      }),
    },
  },
  ({ trial: isTrial }) =>
    async () => ({ ...links, trial: isTrial }),
);
