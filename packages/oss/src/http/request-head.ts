import type { Address, OutgoingRequest } from "./request.ts";

/**
 * Returns the request line and headers, in Latin-1. Throws for characters that a header can't hold.
 */
export function requestHead({ method, address, headers, body }: OutgoingRequest): string {
  let head = `${method} ${checked(address.path)} HTTP/1.1\r\nhost: ${checked(hostOf(address))}\r\n`;
  for (const name of Object.keys(headers))
    head += `${checked(name)}: ${checked(headers[name] ?? "")}\r\n`;
  // The length of an empty body is declared, too: servers wait for what a POST may bring.
  if (body !== undefined) head += `content-length: ${body.length}\r\n`;
  else if (method === "POST" || method === "PUT") head += "content-length: 0\r\n";
  return `${head}connection: keep-alive\r\n\r\n`;
}

/** A line break in a value would be another header, or another request. */
function checked(text: string): string {
  if (FORBIDDEN.test(text)) throw new Error("a header holds a character that none may");
  return text;
}

const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

function hostOf({ secure, hostname, port }: Address): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return port === "" || port === (secure ? "443" : "80") ? host : `${host}:${port}`;
}
