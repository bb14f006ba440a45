/** What a gateway's response body holds. */
export interface AnswerText {
  /** The body, if it is a JSON object, or the `error_response` of an XML body in the same form. */
  readonly json: Record<string, unknown> | undefined;
  /**
   * What came instead, as a noun phrase such as `a page (text/html): "Log in"`; undefined with
   * `json`. Quotes nothing of a text that looks like an answer, which may hold a credential.
   */
  readonly instead: string | undefined;
}

/** How many characters of a body that isn't JSON are searched: a long one may take seconds. */
const SEARCHED = 20_000;

/** Parses a response body. `type` is its content-type header; `redact` masks our own secrets. */
export function answerText(
  bytes: Uint8Array,
  type: string | undefined,
  redact: (text: string) => string,
): AnswerText {
  const text = decoded(bytes, type).trim();
  const value = jsonIn(text);
  const start = text.slice(0, SEARCHED);
  const json = isObject(value) ? value : xmlErrorIn(start);
  if (json !== undefined) return { json, instead: undefined };
  const { kind, words = "" } =
    value === undefined ? nature(start) : { kind: "JSON, but no object" };
  const named = type === undefined ? kind : `${kind} (${beginning(redact(type))})`;
  const shown = beginning(redact(words));
  return {
    json,
    instead: shown === "" ? named : `${named}: ${JSON.stringify(shown)}`,
  };
}

/**
 * Decodes by the header, else as UTF-8, else as GBK, the platform's older encoding. Drops a BOM.
 */
function decoded(bytes: Uint8Array, type: string | undefined): string {
  const named = /charset\s*=\s*"?([^\s";]+)/i.exec(type ?? "")?.[1];
  for (const charset of [named ?? "utf-8", "utf-8", "gb18030"]) {
    try {
      return new TextDecoder(charset, { fatal: true }).decode(bytes);
    } catch {
      // It isn't a charset, or not this one.
    }
  }
  return new TextDecoder().decode(bytes);
}

const jsonText = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacter = /[\u0000-\u001f]/g;

/** Returns undefined if it isn't JSON. Some back ends don't escape line breaks in strings. */
function jsonIn(text: string): unknown {
  for (const attempt of [() => text, () => text.replaceAll(jsonText, escaped)]) {
    try {
      return JSON.parse(attempt());
    } catch {
      // V8's message quotes the text, which may hold a credential.
    }
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replaceAll(controlCharacter, (character) => JSON.stringify(character).slice(1, -1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A flow control or firewall in front of the gateway may not know that JSON was requested. */
function xmlErrorIn(text: string): Record<string, unknown> | undefined {
  const inner = /<error_response\b[^>]*>(.*?)<\/error_response>/s.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const fields = ["code", "msg", "sub_code", "sub_msg", "request_id"].flatMap((name) => {
    const value = new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(inner)?.[1];
    return value === undefined ? [] : [[name, xmlText(value)]];
  });
  return { error_response: Object.fromEntries(fields) as Record<string, string> };
}

const xmlEntities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function xmlText(value: string): string {
  return value
    .replaceAll(/<!\[CDATA\[(.*?)\]\]>/gs, "$1")
    .replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => xmlEntities[name] ?? "")
    .trim();
}

/** Describes a text that isn't JSON, with words to quote unless it may be an answer. */
function nature(text: string): { kind: string; words?: string } {
  if (text === "") return { kind: "an empty body" };
  if (/^[{["]/.test(text)) return { kind: "broken JSON" };
  if (/<(?:!doctype html|html|head|body|title)\b/i.test(text)) {
    return { kind: "a page", words: pageWords(text) };
  }
  if (!text.startsWith("<")) return { kind: "a text", words: text };
  return { kind: `XML with <${/<(\w[\w.-]*)/.exec(text)?.[1] ?? "?"}>` };
}

/** Returns a page's title, or else its text. */
function pageWords(page: string): string {
  const title = /<title[^>]*>(.*?)<\/title>/is.exec(page)?.[1]?.trim();
  if (title) return xmlText(title);
  return xmlText(page.replaceAll(/<(script|style)\b.*?<\/\1>|<[^>]*>/gis, " "));
}

/** Characters that are quoted. */
const MAX_QUOTE_LENGTH = 80;

/** Replaces line breaks and other control characters in an untrusted sentence by blanks. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").trim();
}

/** Returns the beginning of a text. Long words may be keys or signatures, and are left out. */
function beginning(text: string): string {
  const shown = oneLine(text.slice(0, 2000)).replaceAll(/[\w+/=%.~-]{24,}/g, "…");
  return shown.length > MAX_QUOTE_LENGTH ? `${shown.slice(0, MAX_QUOTE_LENGTH)}…` : shown;
}
