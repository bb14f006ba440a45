/** Redirections and forms on the way at most. */
const MAX_STEPS = 10;

/**
 * Logs a person in at a provider as a browser does, and returns where it is sent back to with the
 * answer. An empty name gives the login up.
 */
export async function logInAt(address: URL, name: string, redirectUri: string): Promise<URL> {
  const jar = new Map<string, string>();
  let at = address;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < MAX_STEPS; step++) {
    if (at.href.startsWith(redirectUri)) return at;
    const response: Response = await fetch(at, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([key, value]) => `${key}=${value}`).join("; ") },
      ...(form === undefined ? {} : { method: "POST", body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, key = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "") jar.delete(key);
      else jar.set(key, value);
    }
    const location = response.headers.get("location");
    if (location === null && form !== undefined) throw new Error(await response.text());
    form = location === null ? new URLSearchParams({ name }) : undefined;
    if (location === null && !at.pathname.startsWith("/interaction/")) {
      throw new Error(await response.text());
    }
    at = location === null ? at : new URL(location, at);
  }
  throw new Error(`The provider leads round and round: ${at.href}`);
}
