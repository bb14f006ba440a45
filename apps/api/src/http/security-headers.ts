import type { FastifyReply } from "fastify";

/**
 * Styles that scripts of others put into the page as they draw a picture: the logo of /docs, and the
 * rocket that Bull Board shows when a list is empty. `test/end-to-end/security/page-policy.test.ts`
 * fails with the new hash when a later version draws them differently.
 */
const PICTURES = [
  "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
  "'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='",
];

/**
 * What browsers may do with any answer of ours. Pages load their scripts and styles from files of
 * this server; nothing else is executed, and nobody may frame them.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${PICTURES.join(" ")}`,
  // The icons in the styles of /docs are data: addresses.
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  // Bull Board's page sets its own.
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The headers of every answer. They are a table and not @fastify/helmet, whose hooks don't run for
 * what is refused before there is a route (an address that can't be decoded) or before there is a
 * request (headers that are too large).
 */
export const securityHeaders = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  // For browsers that don't know frame-ancestors.
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  // Addresses hold ids of cases. With `no-referrer` the browser would send `Origin: null` with forms.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
} as const;

/**
 * Makes browsers come by HTTPS alone, for a year. They believe it by HTTPS alone, too; the proxy that ends
 * TLS may set it as well.
 */
const strictTransport = { "strict-transport-security": "max-age=31536000; includeSubDomains" };

/** Returns the headers of every answer of an API with this public address. */
export function securityHeadersAt(publicUrl: string | undefined): Readonly<Record<string, string>> {
  const isByHttps = publicUrl?.startsWith("https:") === true;
  return { ...securityHeaders, ...(isByHttps && strictTransport) };
}

/** Gives an answer headers. They are set on Node's own response, so that streams have them, too. */
export function setHeaders({ raw }: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value);
}
