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

export const startPage = action(
  {
    summary: "Where things are",
    tags: ["operations"],
    response: { 200: z.record(z.string(), z.string()) },
  },
  () => async () => links,
);
