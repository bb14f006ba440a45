import { createHash, createHmac } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ExhibitError } from "@exhibit/contracts";
import { z } from "zod";
import { createRedactor } from "../gateways/redactor.ts";
import { filePath } from "../options/file-path.ts";

const algorithms = ["md5", "hmac-md5", "sha1", "hmac-sha1", "sha256", "hmac-sha256"] as const;
const ingredients = ["rex_access_key", "rex_access_secret", "rex_access_time", "scenes"] as const;
const unconfigured =
  "rex's document doesn't say how rex_access_secret_sign is computed: ask rex, then set `module` (a file of yours that computes it), or `algorithm` and `template`";

/** How `rex_access_secret_sign` is computed: by a module, or by a digest of a template. */
export const rexSign = z
  .strictObject(
    {
      /** Its default export is a `RexSigner`. */
      module: filePath().optional(),
      algorithm: z.enum(algorithms).optional(),
      template: z.string().min(1).optional(),
      /** `hex` is lowercase, `HEX` uppercase. @defaultValue hex */
      encoding: z.enum(["hex", "HEX", "base64"]).optional(),
      /** The unit of `rex_access_time`: the vendor's document doesn't say. */
      time_unit: z.enum(["ms", "s"]).default("ms"),
    },
    { error: ({ input }) => (input === undefined ? unconfigured : undefined) },
  )
  .superRefine(({ module, algorithm, template, encoding }, context) => {
    const fault = (message: string, ...path: string[]) =>
      context.addIssue({ code: "custom", path, message });
    if (module !== undefined) {
      if ([algorithm, template, encoding].some((each) => each !== undefined)) {
        fault("Give `module` alone, or `algorithm` and `template` without it");
      }
    } else if (algorithm === undefined && template === undefined) fault(unconfigured);
    else if (algorithm === undefined) fault("It is needed with `template`", "algorithm");
    else if (template === undefined) fault("It is needed with `algorithm`", "template");
    else {
      const strange = strangeName(template, ingredients);
      if (strange !== undefined) fault(`There is no {${strange}} to insert`, "template");
      if (!algorithm.startsWith("hmac-") && !template.includes("{rex_access_secret}")) {
        fault(
          `${algorithm} has no key, so the template must contain {rex_access_secret}`,
          "template",
        );
      }
    }
  });

/**
 * The parts of a signature: the time in the configured unit, `scenes` as the JSON text that is
 * sent.
 */
interface RexSignInput {
  readonly rex_access_key: string;
  readonly rex_access_secret: string;
  readonly rex_access_time: number;
  readonly scenes: string;
}

/** The default export of a `sign.module`. */
export type RexSigner = (input: RexSignInput) => string | Promise<string>;

/** Milliseconds that a module's signer may take: everyone who needs the folder waits for it. */
const SIGNER_TIME = 10_000;

/**
 * Returns the configured signer. A module is loaded when needed; its errors are
 * VENDOR_MISCONFIGURED.
 */
export function rexSigner(
  vendor: string,
  options: z.output<typeof rexSign>,
  time: number = SIGNER_TIME,
): RexSigner {
  const { module, algorithm = "md5", template = "", encoding = "hex" } = options;
  if (module !== undefined) return (input) => signedByModule(vendor, module, input, time);
  return (input) => {
    const text = template.replace(/\{(\w+)\}/g, (_, name: keyof RexSignInput) => `${input[name]}`);
    const name = algorithm.replace("hmac-", "");
    const digest = algorithm.startsWith("hmac-")
      ? createHmac(name, input.rex_access_secret)
      : createHash(name);
    const signed = digest.update(text, "utf8").digest(encoding === "base64" ? "base64" : "hex");
    return encoding === "HEX" ? signed.toUpperCase() : signed;
  };
}

/** Returns the first `{name}` of a template that isn't known. */
export function strangeName(template: string, known: readonly string[]): string | undefined {
  const names = [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? "");
  return names.find((name) => !known.includes(name));
}

async function signedByModule(
  vendor: string,
  path: string,
  input: RexSignInput,
  time: number,
): Promise<string> {
  try {
    const exported: unknown = await import(pathToFileURL(resolve(path)).href);
    const { default: sign } = exported as { default?: RexSigner };
    if (typeof sign !== "function") throw new TypeError("it has no function as its default export");
    const signed: unknown = await Promise.race([sign(input), lateAfter(time)]);
    if (typeof signed === "string" && signed !== "") return signed;
    throw new TypeError("it didn't return a text");
  } catch (thrown) {
    throw unsigned(vendor, path, thrown, createRedactor([input.rex_access_secret]));
  }
}

function lateAfter(time: number): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error(`it took longer than ${time / 1000} s`));
  AbortSignal.timeout(time).addEventListener("abort", late, { once: true });
  return promise;
}

/** The module knows the secret, so nothing of its error is kept but the masked message. */
function unsigned(
  vendor: string,
  path: string,
  thrown: unknown,
  redact: (text: string) => string,
): ExhibitError {
  const words = redact(thrown instanceof Error ? thrown.message : "it threw what isn't an error");
  const message = `${vendor}: rex_access_secret_sign can't be made by ${path}: ${words}`;
  return new ExhibitError("VENDOR_MISCONFIGURED", message, {
    details: { vendor, module: path },
    cause: new Error(words),
  });
}
