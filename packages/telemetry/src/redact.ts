const MASK = "[redacted]";

/** Names of fields whose values are credentials, in any spelling (`accessKeySecret`, `access_key_secret`, `x-oss-security-token`). */
const SECRET_NAME =
  "(?:access[-_]?key[-_]?secret|app[-_]?secret|client[-_]?secret|secret[-_]?key|security[-_]?token|session[-_]?token" +
  "|access[-_]?token|api[-_]?token|authorization|(?<!_)signature|password|passwd|cookie|(?<![a-z])secret)";

const secretField = new RegExp(`${SECRET_NAME}$`, "i");
/** `name: value`, `name=value` and `"name":"value"` within a text, as in a URL or in a vendor's answer. */
const secretInText = new RegExp(
  `(${SECRET_NAME}["']?\\s*[=:]\\s*)("(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^"'\\s&,;}\\]]+)`,
  "gi",
);
/** The header's value has blanks: everything to the end of its line goes. */
const authorizationInText = /(authorization["']?\s*[=:]\s*)[^\r\n]+/gi;
/** `redis://user:password@host` */
const passwordInUrl = /(:\/\/[^/\s:@]*:)[^/\s@]+@/g;
const suspicious = new RegExp(`${SECRET_NAME}|${passwordInUrl.source}`, "i");

/** Takes credentials out of finished log lines. */
export interface Redactor {
  /** @param line one JSON object */
  line(line: string): string;
}

/**
 * Works on the finished line, so that nothing can go around it: messages, fields, child loggers' bindings, and the
 * messages, stacks and causes of errors. Only a line that looks suspicious is parsed, which stays valid JSON.
 *
 * @param secrets masked wherever they occur, also within a longer text
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  // The longest first: a secret may be part of another one. An empty one would match everywhere.
  const known = [...new Set(secrets)].filter((secret) => secret !== "").sort(byLength);
  const written = known.map((secret) => JSON.stringify(secret).slice(1, -1));
  const text = (value: string) => maskPatterns(maskKnown(value, known));
  return {
    line(line) {
      if (!suspicious.test(line) && !written.some((secret) => line.includes(secret))) return line;
      const end = line.endsWith("\n") ? "\n" : "";
      return JSON.stringify(maskValue(JSON.parse(line), text)) + end;
    },
  };
}

function maskValue(value: unknown, text: (value: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((item) => maskValue(item, text));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [
    text(name),
    isSecret(name, field) ? MASK : maskValue(field, text),
  ]);
  return Object.fromEntries(fields);
}

/** A field that is absent or a flag gives nothing away, and helps whoever looks for a fault. */
function isSecret(name: string, value: unknown): boolean {
  return secretField.test(name) && value !== null && typeof value !== "boolean";
}

function maskKnown(value: string, known: readonly string[]): string {
  return known.reduce((text, secret) => text.replaceAll(secret, MASK), value);
}

function maskPatterns(value: string): string {
  return value
    .replace(authorizationInText, `$1${MASK}`)
    .replace(secretInText, `$1${MASK}`)
    .replace(passwordInUrl, `$1${MASK}@`);
}

function byLength(a: string, b: string): number {
  return b.length - a.length;
}
