import { z } from "zod";

/** What a trial says wherever somebody might mistake it for a delivery. */
export const TRIAL_NOTICE =
  "TRIAL: nothing has left this machine; stored files are in the sandbox's folder, not in any vendor's OSS.";

/** Part of every view that says that something was stored. */
export const trial = z
  .boolean()
  .describe("Nothing has left the machine: stored files are in a sandbox, not in OSS");
