import type { Environment } from "@exhibit/config";
import type { Services } from "@exhibit/runtime";

/**
 * Makes a link that logs a browser in with a key, once and within ten minutes; undefined when the key
 * isn't valid any more. The code is in the
 * fragment, which a browser sends to no server and no log shows.
 */
export async function makeLoginLink(
  { sessions }: Pick<Services, "sessions">,
  key: string,
  { url, publicUrl }: { url: string } & Pick<Environment, "publicUrl">,
): Promise<string | undefined> {
  const code = await sessions.makeCode(key);
  return code && `${publicUrl ?? url}/login#${code}`;
}
