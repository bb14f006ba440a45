const MASK = "[redacted]";

/**
 * Names of fields with credentials: `accessKeySecret`, `access_key_secret`, `x-oss-security-token`.
 */
const SECRET_NAME =
  "(?:access[-_]?key[-_]?secret|app[-_]?secret|client[-_]?secret|secret[-_]?key|security[-_]?token|session[-_]?token" +
  "|access[-_]?token|api[-_]?token|authorization|(?<!_)signature|password|passwd|cookie|(?<![a-z])secret)";

const secretField = new RegExp(`${SECRET_NAME}$`, "i");
/**
 * `name: value`, `name=value` and `"name":"value"` in a text, such as a URL or a vendor's answer.
 */
const secretInText = new RegExp(
  `(${SECRET_NAME}["']?\\s*[=:]\\s*)("(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^"'\\s&,;}\\]]+)`,
  "gi",
);
/** The header's value may contain blanks, so everything up to the end of the line is masked. */
const authorizationInText = /(authorization["']?\s*[=:]\s*)[^\r\n]+/gi;
/** `redis://user:password@host` */
const passwordInUrl = /(:\/\/[^/\s:@]*:)[^/\s@]+@/g;
/** A key of the API: see `packages/access`. Where a part of it is cut off, the rest is one still. */
const keyInText = /exh_[0-9A-Za-z]{16,}/g;
const suspicious = new RegExp(`${SECRET_NAME}|${passwordInUrl.source}|${keyInText.source}`, "i");

/** Masks credentials in finished log lines. */
export interface Redactor {
  /** @param line one JSON object */
  line(line: string): string;
}

/**
 * Creates a redactor. It works on the finished line, so that nothing can bypass it: messages,
 * fields, child loggers' bindings, and errors' messages, stacks and causes. Only suspicious lines
 * are parsed; they stay valid JSON.
 *
 * @param secrets are masked wherever they occur, even within a longer text
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  // The longest first: a secret may contain another. An empty one would match everywhere.
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

/** Null and booleans aren't masked: they reveal nothing and help with debugging. */
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
    .replace(passwordInUrl, `$1${MASK}@`)
    .replace(keyInText, `exh_${MASK}`);
}

function byLength(a: string, b: string): number {
  return b.length - a.length;
}
