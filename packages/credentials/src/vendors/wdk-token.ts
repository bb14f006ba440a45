import { z } from "zod";
import type { Credentials } from "../lease.ts";

/** The credential as the `wdk` APIs (rex, wombat) name its parts. */
export const wdkToken = z.object({
  access_key_id: z.string().min(1),
  access_key_secret: z.string().min(1),
  security_token: z.string().min(1),
});

export function wdkCredentials(token: z.output<typeof wdkToken>): Credentials {
  return {
    accessKeyId: token.access_key_id,
    accessKeySecret: token.access_key_secret,
    securityToken: token.security_token,
  };
}
