import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair, type JWK } from "jose";
// @ts-expect-error: it has no types
// biome-ignore lint/correctness/noUnresolvedImports: its package.json names its entry in "exports" alone
import Provider from "oidc-provider";

/** The client as which the API lets people log in. */
export const consoleClient = {
  client_id: "exhibit-console",
  client_secret: "secret-of-the-console",
};

export const audience = "https://exhibit.example/api";

/** A real OpenID provider on a port of this machine. */
export interface OidcProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly port: number;
  /** Its private keys: tests forge tokens with them. */
  readonly jwks: readonly JWK[];
  /** The paths that it was asked for, each time; `/token (Basic)` where a header shows the secret. */
  readonly asked: string[];
  /** Gets an access token as a service does (client credentials). The claims are added to it. */
  token(claims?: object, resource?: string): Promise<string>;
  /** Those who can log in, by name, with what the provider says of them. */
  readonly people: Map<string, object>;
  /** Changes what it answers when a code is redeemed: a provider that lies. */
  answerBy(change: ((answer: TokenAnswer) => unknown) | undefined): void;
  stop(): Promise<void>;
}

/** What a provider answers when a code is redeemed. */
interface TokenAnswer {
  readonly access_token: string;
  readonly id_token: string;
}

export interface ProviderOptions {
  readonly port?: number;
  readonly kid?: string;
  /** Where it sends people back to who have logged in. */
  readonly redirectUri?: string;
  /** Where it tells what it knows of people. @defaultValue id token */
  readonly tells?: "id token" | "userinfo";
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
  redirectUri,
  tells = "id token",
}: ProviderOptions = {}): Promise<OidcProvider> {
  // The last one may be used with any algorithm that it fits.
  const { alg: _, ...unbound } = await makeKey("RS256", `${kid}-unbound`);
  const jwks = [await makeKey("ES256", kid), await makeKey("RS256", `${kid}-rsa`), unbound];
  const asked: string[] = [];
  const people = new Map<string, object>();
  let change: ((answer: TokenAnswer) => unknown) | undefined;
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
      ...(redirectUri === undefined
        ? []
        : [
            {
              ...consoleClient,
              redirect_uris: [redirectUri],
              id_token_signed_response_alg: "ES256",
            },
          ]),
    ],
    claims: { openid: ["sub"], profile: ["roles", "entrusts"] },
    conformIdTokenClaims: tells === "userinfo",
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, ...people.get(sub) }),
    }),
    loadExistingGrant,
    pkce: { required: () => true },
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
    ttl: {
      ...{ ClientCredentials: minutes, AccessToken: minutes, IdToken: minutes, Session: minutes },
      ...{ Interaction: minutes, Grant: minutes },
    },
  });
  provider.use(async (context: Context, next: () => Promise<void>) => {
    const [scheme = ""] = context.get("authorization").split(" ");
    asked.push(scheme === "" ? context.path : `${context.path} (${scheme})`);
    await next();
    if (context.path === "/token" && change !== undefined) {
      context.body = change(context.body as TokenAnswer);
    }
  });
  const callback: RequestListener = provider.callback();
  answer = (request, response) => {
    if (!request.url?.startsWith("/interaction/")) return callback(request, response);
    askWho(provider, request, response).catch((error: Error) => response.end(error.message));
  };

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
  return {
    ...{ issuer, port: own, jwks, asked, token, people, stop },
    answerBy(by) {
      change = by;
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** The part of Koa's context that is used here. */
interface Context {
  readonly path: string;
  body: unknown;
  get(header: string): string;
}

/** Asks a person who they are, and believes it. */
async function askWho(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "POST") {
    response.setHeader("content-type", "text/html");
    response.end(
      `<!DOCTYPE html><title>Provider</title><form method="post"><label>Name <input name="name"></label><button>Continue</button></form>`,
    );
    return;
  }
  const accountId = new URLSearchParams(await text(request)).get("name");
  const result =
    accountId === ""
      ? { error: "access_denied", error_description: "no name" }
      : { login: { accountId } };
  await provider.interactionFinished(request, response, result);
}

/** Nobody is asked whether the API may know what it asks for. */
async function loadExistingGrant({ oidc }: GrantContext): Promise<object> {
  const { accountId } = oidc.session;
  const grant = new oidc.provider.Grant({ accountId, clientId: oidc.client.clientId });
  grant.addOIDCScope("openid profile");
  await grant.save();
  return grant;
}

interface GrantContext {
  readonly oidc: {
    readonly session: { readonly accountId: string };
    readonly client: { readonly clientId: string };
    readonly provider: {
      readonly Grant: new (
        of: object,
      ) => { addOIDCScope(scope: string): void; save(): Promise<string> };
    };
  };
}

async function stopServer(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
