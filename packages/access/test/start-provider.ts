import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
// @ts-expect-error: it has no types
// biome-ignore lint/correctness/noUnresolvedImports: its package.json names its entry in "exports" alone
import Provider from "oidc-provider";

export const audience = "https://exhibit.example/api";

/** A real OpenID provider on a port of this machine. */
export interface OidcProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly port: number;
  /** Its private keys: tests forge tokens with them. */
  readonly jwks: readonly JWK[];
  /** The paths that it was asked for, each time. */
  readonly asked: string[];
  /** Gets an access token as a service does (client credentials). The claims are added to it. */
  token(claims?: object, resource?: string): Promise<string>;
  stop(): Promise<void>;
}

/** Makes a private key for signing with an algorithm. */
export async function makeKey(alg: string, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, kid, use: "sig" };
}

/** Starts a provider that issues JWTs for our audience, on a port of its own or a given one. */
export async function startProvider({
  port = 0,
  kid = "first",
}: {
  port?: number;
  kid?: string;
} = {}): Promise<OidcProvider> {
  // The last one may be used with any algorithm that it fits.
  const { alg: _, ...unbound } = await makeKey("RS256", `${kid}-unbound`);
  const jwks = [await makeKey("ES256", kid), await makeKey("RS256", `${kid}-rsa`), unbound];
  const asked: string[] = [];
  let claims: object = {};
  let answer: RequestListener = () => undefined;
  const server = createServer((request, response) => answer(request, response));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const minutes = () => 600;
  const provider = new Provider(issuer, {
    jwks: { keys: jwks },
    clients: [
      {
        client_id: "scanner",
        client_secret: "secret-of-the-scanner",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: "client_secret_post",
        id_token_signed_response_alg: "ES256",
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: "",
          audience: resource,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
    extraTokenClaims: () => claims,
    // Without these it prints that it uses its own.
    ttl: { ClientCredentials: minutes, AccessToken: minutes, IdToken: minutes, Session: minutes },
  });
  provider.use(async ({ path }: { path: string }, next: () => Promise<void>) => {
    asked.push(path);
    await next();
  });
  answer = provider.callback();

  async function token(more: object = {}, resource = audience): Promise<string> {
    claims = more;
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: "scanner",
        client_secret: "secret-of-the-scanner",
        resource,
      }),
    });
    const answered = (await response.json()) as { access_token?: string };
    if (answered.access_token === undefined) throw new Error(JSON.stringify(answered));
    return answered.access_token;
  }
  const stop = () => stopServer(server);
  const { port: own } = server.address() as AddressInfo;
  return { issuer, port: own, jwks, asked, token, stop, [Symbol.asyncDispose]: stop };
}

async function stopServer(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
