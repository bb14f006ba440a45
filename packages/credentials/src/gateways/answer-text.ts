/** A gateway's answer as far as it is understood. */
export interface AnswerText {
  /** The answer, when it is a JSON object; of an XML answer its `error_response` in the same form. */
  readonly json: Record<string, unknown> | undefined;
  /**
   * What came instead, as a noun for people, such as `a page (text/html): "Log in"`; undefined beside `json`. It holds nothing
   * of a text that looks like an answer, which may be a credential.
   */
  readonly instead: string | undefined;
}

/** Characters of a text that isn't JSON: a search through all of a long one may take seconds. */
const LOOKED_AT = 20_000;

/** Reads the bytes of an answer. `type` is its content type's header; `redact` masks our own secrets. */
export function answerText(
  bytes: Uint8Array,
  type: string | undefined,
  redact: (text: string) => string,
): AnswerText {
  const text = decoded(bytes, type).trim();
  const value = jsonIn(text);
  const start = text.slice(0, LOOKED_AT);
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

/** By its header; else UTF-8; what isn't that is the platform's older GBK. A byte order mark is dropped. */
function decoded(bytes: Uint8Array, type: string | undefined): string {
  const named = /charset\s*=\s*"?([^\s";]+)/i.exec(type ?? "")?.[1];
  for (const charset of [named ?? "utf-8", "utf-8", "gb18030"]) {
    try {
      return new TextDecoder(charset, { fatal: true }).decode(bytes);
    } catch {
      // Not a charset, or not this one.
    }
  }
  return new TextDecoder().decode(bytes);
}

const jsonText = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacter = /[\u0000-\u001f]/g;

/** Undefined for what isn't JSON. Some back ends put a sentence's line breaks into a text as they are. */
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

/** What stands before the gateway's back end (a flow control, a firewall) may not know that JSON was asked for. */
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

/** What a text is that isn't JSON, and those of its words that can be shown: not those of what may be an answer. */
function nature(text: string): { kind: string; words?: string } {
  if (text === "") return { kind: "an empty body" };
  if (/^[{["]/.test(text)) return { kind: "broken JSON" };
  if (/<(?:!doctype html|html|head|body|title)\b/i.test(text)) {
    return { kind: "a page", words: pageWords(text) };
  }
  if (!text.startsWith("<")) return { kind: "a text", words: text };
  return { kind: `XML with <${/<(\w[\w.-]*)/.exec(text)?.[1] ?? "?"}>` };
}

/** A page's title, or else its text. */
function pageWords(page: string): string {
  const title = /<title[^>]*>(.*?)<\/title>/is.exec(page)?.[1]?.trim();
  if (title) return xmlText(title);
  return xmlText(page.replaceAll(/<(script|style)\b.*?<\/\1>|<[^>]*>/gis, " "));
}

const LONGEST = 80;

/** A sentence of somebody else, without line breaks and other control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").trim();
}

/** Of a text for people. What is long and without a blank may be a key or a signature. */
function beginning(text: string): string {
  const shown = oneLine(text.slice(0, 2000)).replaceAll(/[\w+/=%.~-]{24,}/g, "…");
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}
