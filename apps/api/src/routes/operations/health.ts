import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const health = action(
  {
    operationId: "health",
    summary: "Is the process running?",
    tags: ["operations"],
    response: { 200: z.object({ status: z.literal("up") }), ...failures },
  },
  () => async () => ({ status: "up" as const }),
  // Machines ask every few seconds.
  { logLevel: "warn" },
);
